package source

import (
	"os"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4" // patterns with **, which Go's own lacks
)

// Expand replaces every pattern among paths by the files that it matches, sorted.
// A path that exists as it is written is not a pattern. URLs stay as they are. If
// h is not nil, Expand asks it whether each local path may be read.
func Expand(h Host, paths []string) (files []string, err error) {
	p := permissionOf(h)
	for _, path := range paths {
		if IsURL(path) {
			files = append(files, path)
			continue
		}
		if err := p.check(path); err != nil {
			return nil, err
		}
		if isStdin(path) || !isPattern(path) || exists(path) {
			files = append(files, path)
			continue
		}
		matches, err := glob(path)
		if err != nil {
			return nil, pathError(path, err)
		}
		if len(matches) == 0 {
			return nil, newError(path, "no file matches this pattern", "")
		}
		for _, match := range matches {
			if err := p.check(match); err != nil {
				return nil, err
			}
		}
		slices.Sort(matches)
		files = append(files, matches...)
	}
	return files, nil
}

func isPattern(path string) bool { return strings.ContainsAny(path, `*?[{`) }

// glob returns the files that a pattern matches. A ** enters no directory through a
// symbolic link, which may lead back to where it came from.
func glob(pattern string) ([]string, error) {
	options := []doublestar.GlobOption{doublestar.WithFilesOnly(), doublestar.WithFailOnIOErrors()}
	if !strings.Contains(pattern, "**") {
		return doublestar.FilepathGlob(pattern, options...)
	}
	matches, err := doublestar.FilepathGlob(pattern, append(options, doublestar.WithNoFollow())...)
	return slices.DeleteFunc(matches, isDirectory), err // WithNoFollow counts a link to a directory as a file
}

func isDirectory(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
