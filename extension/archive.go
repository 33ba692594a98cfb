package extension

import (
	"archive/tar"
	"bytes"
	"encoding/binary"
	"fmt"
	"path"
	"slices"
	"strings"

	"walstats/extension/source"
	"walstats/wal"
)

// archiveOf returns the error for an archive of that kind, tar or zip: how to unpack the WAL or
// the text in it.
func archiveOf(kind, path string, hasWAL bool) error {
	unpack := map[string][2]string{
		"tar": {"tar -xOf %s > wal.dump", "mkdir wal && tar -xf %s -C wal"},
		"zip": {"unzip -p %s > wal.dump", "unzip %s -d wal"},
	}[kind]
	word := source.ShellWord(path)
	if !hasWAL {
		return fmt.Errorf("%s: is a %s archive; unpack it first: %s", path, kind, fmt.Sprintf(unpack[0], word))
	}
	return fmt.Errorf("%s: is a %s archive; unpack it first, and give the folder: %s", path, kind, fmt.Sprintf(unpack[1], word))
}

// tarOf returns the error for a tar archive that begins with head, and which a reader of WAL or of
// text was given.
func tarOf(path string, head []byte, forWAL bool) error {
	names := tarNames(head)
	if len(names) > 0 && names[0] == "backup_label" {
		return fmt.Errorf("%s: is a base backup; its WAL is in the file pg_wal.tar beside it, or in its own folder pg_wal; unpack that first, and give the folder: mkdir wal && tar -xf pg_wal.tar -C wal", path)
	}
	return archiveOf("tar", path, forWAL || holdsWAL(names))
}

func isTar(head []byte) bool { return len(head) > 262 && string(head[257:262]) == "ustar" }

func isZip(head []byte) bool { return bytes.HasPrefix(head, []byte("PK\x03\x04")) }

// tarNames returns the names of the members whose headers lie in head, the beginning of a tar archive.
func tarNames(head []byte) (names []string) {
	for r := tar.NewReader(bytes.NewReader(head)); ; {
		member, err := r.Next()
		if err != nil { // head has no more
			return names
		}
		names = append(names, member.Name)
	}
}

// zipNames returns the name of the first member of a zip archive, which begins with head.
func zipNames(head []byte) []string {
	const fixed = 30 // of a local file header, before the name
	if len(head) < fixed {
		return nil
	}
	end := min(len(head), fixed+int(binary.LittleEndian.Uint16(head[26:])))
	return []string{string(head[fixed:end])}
}

// holdsWAL reports whether the names in an archive are those of segments or of a base backup.
func holdsWAL(names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		return wal.ParseFileName(path.Base(name)).Kind == wal.SegmentFile || slices.Contains([]string{"backup_label", "PG_VERSION"}, path.Base(name)) ||
			slices.ContainsFunc(strings.Split(name, "/"), func(part string) bool { return part == "pg_wal" || part == "pg_xlog" })
	})
}
