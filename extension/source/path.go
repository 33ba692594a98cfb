package source

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A Kind says what a path names.
type Kind uint8

const (
	File      Kind = iota // a file on a local disk
	Pipe                  // a pipe or the standard input, which can be read once
	Directory             //
	URL                   // a file of the host's; see [Host]
)

// An Info has what is known of a path before it is opened.
type Info struct {
	Kind Kind
	Size int64 // of a File, in bytes
}

// Stat reports what path is. It does not open the path, and it does not ask the
// host about a URL: a host that plans a query may hold a lock that its readers of
// files need.
func Stat(path string) (Info, error) {
	if IsURL(path) {
		return Info{Kind: URL}, nil
	}
	stat, err := os.Stat(onDisk(path))
	if err != nil {
		return Info{}, pathError(path, err)
	}
	return infoOf(path, stat)
}

func infoOf(path string, stat fs.FileInfo) (Info, error) {
	switch mode := stat.Mode(); {
	case mode.IsDir():
		return Info{Kind: Directory}, nil
	case mode.IsRegular():
		return Info{Kind: File, Size: stat.Size()}, nil
	case mode&fs.ModeNamedPipe != 0, isStdin(path) && mode&fs.ModeCharDevice != 0:
		return Info{Kind: Pipe}, nil
	}
	return Info{}, newError(path, "is neither a file nor a pipe", "")
}

// isStdin reports whether path means the standard input.
func isStdin(path string) bool { return path == "-" || path == "/dev/stdin" }

// onDisk returns the path as the operating system knows it.
func onDisk(path string) string {
	if path == "-" {
		return "/dev/stdin"
	}
	return path
}

// IsURL reports whether path is a URL: s3://, https://, memory:// and so on.
func IsURL(path string) bool {
	_, _, ok := cutURL(path)
	return ok
}

// cutURL splits a URL into its scheme and the rest.
func cutURL(path string) (scheme, rest string, ok bool) {
	scheme, rest, ok = strings.Cut(path, "://")
	letter := func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }
	other := func(r rune) bool { return !letter(r) && !(r >= '0' && r <= '9') && !strings.ContainsRune("+-._", r) }
	if !ok || scheme == "" || !letter(rune(scheme[0])) || strings.ContainsFunc(scheme, other) {
		return "", "", false
	}
	return strings.ToLower(scheme), rest, true
}

// ShellWord returns path as one word of a shell command.
func ShellWord(path string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+=,:@%", r)
	}
	if path = filepath.Clean(path); strings.TrimFunc(path, plain) == "" {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
