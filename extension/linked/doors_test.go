package linked_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"
)

// archived returns an archive with members of these names; those that end in / are folders.
func archived(t testing.TB, kind string, names ...string) string {
	t.Helper()
	var b bytes.Buffer
	var err error
	if kind == "zip" {
		w := zip.NewWriter(&b)
		for _, name := range names {
			_, err = w.Create(name)
		}
		err = errors.Join(err, w.Close())
	} else {
		w := tar.NewWriter(&b)
		for _, name := range names {
			header := tar.Header{Name: name, Typeflag: tar.TypeReg, Size: 1000, Mode: 0o600}
			if strings.HasSuffix(name, "/") {
				header.Typeflag, header.Size = tar.TypeDir, 0
			}
			err = errors.Join(err, w.WriteHeader(&header))
			_, failed := w.Write(make([]byte, header.Size))
			err = errors.Join(err, failed)
		}
		err = errors.Join(err, w.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// prefixed returns a dump with a text before each line.
func prefixed(prefix string) string {
	return prefix + strings.ReplaceAll(strings.TrimSpace(dump(10)), "\n", "\n"+prefix) + "\n"
}

// folded returns a dump whose lines are wrapped at a width, within their descriptions.
func folded(width int) string {
	var b strings.Builder
	for i := range 10 {
		line := strings.TrimSpace(record(i)) + strings.Repeat("xid 1 db 2 rel 3 ", 10)
		for ; len(line) > width; line = line[width:] {
			b.WriteString(line[:width] + "\n")
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

// Each file that is no WAL has a message of its own, which says what to do.
func TestFilesThatAreNoWAL(t *testing.T) {
	s := open(t)
	for _, f := range []struct{ name, text, want string }{
		{"empty", "", ": its size is 0 bytes: a segment begins with a header of 40; copy the file again, or leave it out"},
		{"short", "\x16\xD1", ": its size is 2 bytes: a segment begins with a header of 40"},
		{"zeros", string(make([]byte, 1<<20)), ": xlp_magic is 0000: the file was prepared for WAL and has none yet; read the segments before it"},
		{"a later version", "\x19\xD1\x02" + string(make([]byte, 1<<20)), ": xlp_magic is D119: an unknown version of PostgreSQL wrote it; known are 9.5 to 19; use a later release"},
		{"another file", strings.Repeat("another file\n", 10), ": the file is not a WAL segment; give a segment, or a folder of segments, such as pg_wal"},
		{"a dump", dump(10), ": is the text that pg_waldump prints; use read_waldump('"},
		{"a dump with prefixes", prefixed("db-1  | "), ": has the text that pg_waldump prints, with a prefix on each line; remove it, and use read_waldump: sed 's/"},
		{"rows", "start_lsn,end_lsn,prev_lsn,xid,resource_manager\n0/1,0/2,0/0,0,Heap\n", "is not WAL; these are rows of pg_walinspect; walstats top and walstats report read them"},
		{"zip", archived(t, "zip", "000000010000000000000001"), "is a zip archive; unpack it first, and give the folder: unzip "},
		{"tar", archived(t, "tar", "any"), "is a tar archive; unpack it first, and give the folder: mkdir wal && tar -xf "},
		{"tar.gz", string(packers["gzip"](t, []byte(archived(t, "tar", "any")))), "is a tar archive; unpack it first, and give the folder: mkdir wal && tar -xf "},
		{"base.tar", archived(t, "tar", "backup_label", "tablespace_map"), "is a base backup; its WAL is in the file pg_wal.tar"},
		{"7z", "7z\xBC\xAF\x27\x1C\x00\x04", "is a file of 7z, which is not read here; unpack it first: 7z x "},
	} {
		s.fails("SELECT count(*) FROM read_wal("+quote(write(t, f.text))+")", "wal.dump", f.want)
	}
}

// Each file that is no dump has a message of its own, from every table.
func TestFilesThatAreNoDumps(t *testing.T) {
	utf16Text := func(order binary.AppendByteOrder, mark bool) string {
		var b []byte
		if mark {
			b = order.AppendUint16(b, 0xFEFF)
		}
		for _, c := range utf16.Encode([]rune(strings.ReplaceAll(dump(10), "\n", "\r\n"))) {
			b = order.AppendUint16(b, c)
		}
		return string(b)
	}
	// XLogLongPageHeaderData: magic, info, timeline, address, ...
	segment := func(magic uint16, info uint16) string {
		b := binary.LittleEndian.AppendUint16(nil, magic)
		b = binary.LittleEndian.AppendUint16(b, info)
		b = binary.LittleEndian.AppendUint32(b, 1)
		b = binary.LittleEndian.AppendUint64(b, 0x1000000)
		return string(append(b, make([]byte, 16384)...))
	}
	type file struct {
		name, text string
		want       []string
	}
	files := []file{
		{"UTF-16", utf16Text(binary.LittleEndian, true), []string{"is UTF-16", "PowerShell"}},
		{"UTF-16, big-endian", utf16Text(binary.BigEndian, true), []string{"is UTF-16"}},
		{"UTF-16 without a mark", utf16Text(binary.LittleEndian, false), []string{"is UTF-16"}},
		{"xz", "\xFD7zXZ\x00\x00\x04\xE6\xD6\xB4\x46", []string{"is compressed with xz", "xz -dc"}},
		{"bzip2", "BZh91AY&SY\x1F\x12\xD4\x8A\x00\x00", []string{"is compressed with bzip2", "bzip2 -dc"}},
		{"7z", "7z\xBC\xAF\x27\x1C\x00\x04", []string{"is a 7z archive", "7z x -so"}},
		{"pg_dump -Fc", "PGDMP\x01\x0E\x00", []string{"is an archive of pg_dump"}},
		{"zip", archived(t, "zip", "wal.dump"), []string{"is a zip archive", "unzip -p"}},
		{"zip of WAL", archived(t, "zip", "pg_wal/000000010000000000000001"), []string{"is a zip archive", "give the folder: unzip", " -d wal"}},
		{"tar", archived(t, "tar", "wal.dump"), []string{"is a tar archive", "tar -xOf"}},
		{"tar of WAL", archived(t, "tar", "./", "./000000010000000000000001"), []string{"is a tar archive", "give the folder: mkdir wal && tar -xf"}},
		{"tar.gz of WAL", string(packers["gzip"](t, []byte(archived(t, "tar", "pg_wal/", "pg_wal/000000010000000000000001")))), []string{"is a tar archive", "give the folder: mkdir wal && tar -xf"}},
		{"base.tar", archived(t, "tar", "backup_label", "tablespace_map"), []string{"is a base backup; its WAL is in the file pg_wal.tar"}},
		{"a program", "MZ\x90", []string{":1 (byte 0): expected \"rmgr: \", found \"MZ"}},
		{"rows as CSV", "start_lsn,end_lsn,prev_lsn,xid,resource_manager\n0/1,0/2,0/0,0,Heap\n", []string{"these are rows of pg_walinspect; walstats top and walstats report read them"}},
		{"rows of psql", " start_lsn | end_lsn | xid | resource_manager\n-----------+---------+-----+------\n", []string{"rows of pg_walinspect as psql shows them; write them as CSV: \\copy"}},
		{"rows of psql with borders", "+-----------+------------------+\n| start_lsn | resource_manager |\n", []string{"rows of pg_walinspect as psql shows them"}},
		{"rows of psql -x", "-[ RECORD 1 ]----+---\nstart_lsn        | 0/1\nresource_manager | Heap\n", []string{"rows of pg_walinspect as psql shows them"}},
		{"grep -n", prefixed("1:"), []string{"each line has a prefix", "sed 's/"}},
		{"syslog", prefixed("Nov 28 08:00:01 db1 pg_waldump[812]: "), []string{"each line has a prefix", "sed 's/"}},
		{"compose", prefixed("db-1  | "), []string{"each line has a prefix", "sed 's/"}},
		{"wrapped after a record", folded(120), []string{":2 (byte 121): ", "the lines look wrapped at 120 characters"}},
		{"help", "pg_waldump decodes and displays PostgreSQL write-ahead logs for debugging.\n\nUsage:\n  pg_waldump [OPTION]... [STARTSEG [ENDSEG]]\n", []string{":1 (byte 0): ", "pg_waldump --help"}},
		{"help of 9.x", "pg_xlogdump decodes and displays PostgreSQL transaction logs for debugging.\n\nUsage:\n", []string{":1 (byte 0): ", "pg_waldump --help"}},
		{"managers", "XLOG\nTransaction\nStorage\nCLOG\n", []string{":1 (byte 0): ", "pg_waldump --rmgr=list"}},
		{"no text at all", string(make([]byte, 10000)) + "\n", []string{":1 (byte 0): expected \"rmgr: \", found \"\\x00"}},
		{"another text", "hello\nworld\n", []string{":1 (byte 0): expected \"rmgr: \", found \"hello\"; pass ignore_errors := true"}},
	}
	for _, magic := range []uint16{0xD066, 0xD071, 0xD075, 0xD07E, 0xD087, 0xD093, 0xD097, 0xD098, 0xD101, 0xD106, 0xD10D, 0xD110, 0xD113, 0xD116, 0xD118} {
		for _, info := range []uint16{2, 3, 6, 7} { // a segment begins with a long header, maybe in the middle of a record
			files = append(files, file{fmt.Sprintf("segment %04X %d", magic, info), segment(magic, info), []string{"is a WAL segment", "use read_wal("}})
		}
	}
	for _, c := range corpora(t) {
		if c.has("stats") {
			files = append(files,
				file{c.name + " stats", string(c.text(t, "stats")), []string{":1 (byte 0): ", "pg_waldump --stats"}},
				file{c.name + " stats-record", string(c.text(t, "stats-record")), []string{":1 (byte 0): ", "pg_waldump --stats"}})
		}
	}
	s := open(t)
	for _, f := range files {
		path := write(t, f.text)
		for _, table := range []string{"read_waldump", "read_waldump_blocks", "waldump_stats"} {
			s.fails("SELECT count(*) FROM "+table+"("+quote(path)+")", append(f.want, table+": "+path)...)
		}
	}
}
