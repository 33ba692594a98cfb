package extension

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"walstats/extension/source"
	"walstats/wal"
)

// foreignToWAL recognises what people give to read_wal by mistake, from the error of
// [wal.Find]: it returns an error that says what the file is and what to do.
func foreignToWAL(h host, err error) error {
	var format *wal.FormatError
	if !errors.As(err, &format) || format.Path == "" {
		return err
	}
	path := format.Path
	head, failed := beginningOf(h, path)
	if failed != nil {
		return err
	}
	is := func(magic string) bool { return bytes.HasPrefix(head, []byte(magic)) }
	first, _, _ := bytes.Cut(head, []byte{'\n'})
	switch {
	case is("rmgr: "), is("\xEF\xBB\xBFrmgr: "), is("pg_waldump: "), is("first record is after "):
		return fmt.Errorf("%s: is the text that pg_waldump prints; use read_waldump(%s)", path, sqlText(path))
	case bytes.Contains(first, []byte("rmgr: ")):
		return fmt.Errorf("%s: has the text that pg_waldump prints, with a prefix on each line; remove it, and use read_waldump: sed 's/^.*\\(rmgr: \\)/\\1/' %s > wal.dump", path, source.ShellWord(path))
	case walinspectRows(head) != "":
		return fmt.Errorf("%s: is not WAL; %s", path, walinspectRows(head))
	case isTar(head):
		return tarOf(path, head, true)
	}
	if strings.HasSuffix(format.Hint, "is not a WAL segment") {
		return fmt.Errorf("%w; give a segment, or a folder of segments, such as pg_wal", err)
	}
	return err
}

// otherwiseCompressed returns an error if a file, which begins with head, is compressed
// in a way that is not read here.
func otherwiseCompressed(path string, head []byte) error {
	for _, c := range [...]struct{ name, magic, command string }{
		{"xz", "\xFD7zX", "xz -dk "},
		{"bzip2", "BZh", "bzip2 -dk "},
		{"lzop", "\x89LZO", "lzop -d "},
		{"7z", "7z\xBC\xAF", "7z x "},
	} {
		if bytes.HasPrefix(head, []byte(c.magic)) {
			return unpackFirst(path, c.name, c.command+source.ShellWord(path))
		}
	}
	if isZip(head) {
		return archiveOf("zip", path, true)
	}
	if strings.HasSuffix(path, ".br") { // brotli has no magic bytes
		return unpackFirst(path, "brotli", "brotli -dk "+source.ShellWord(path))
	}
	return nil
}

func unpackFirst(path, how, command string) error {
	return fmt.Errorf("%s: is a file of %s, which is not read here; unpack it first: %s", path, how, command)
}

// beginningOf returns the first bytes of a file, decompressed.
func beginningOf(h host, path string) ([]byte, error) {
	f, err := source.OpenRandom(h, path, "auto")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := f.Unpack()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	head := make([]byte, 4<<10)
	n, _ := io.ReadFull(r, head)
	return head[:n], nil
}
