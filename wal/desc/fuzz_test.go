package desc

import (
	"errors"
	"testing"
	"time"

	"walstats/rmgr"
)

// textFactor bounds a text by the record's size: the longest text of a byte is that of
// freeze plans, where two bytes are an offset, and of paths and updated posting lists.
// textRest is the longest text without lists.
const (
	textFactor = 16
	textRest   = 600
)

// FuzzAppend prints any data as a record of any version, manager and code. There is a
// text or an Error; no panic, and no text longer than the record's size times a
// constant. The data is copied to slices without spare room, so a read past the end
// panics.
func FuzzAppend(f *testing.F) {
	for _, v := range vectors(f) {
		var flags byte
		var data []byte
		if len(v.record.Blocks) > 0 {
			flags, data = byte(v.record.Blocks[0].Flags), v.record.Blocks[0].Data
		}
		f.Add(byte(v.record.Version), byte(v.record.RMID), v.record.Info, flags, v.record.Main, data)
	}
	p := NewPrinter(time.UTC)
	var dst []byte
	f.Fuzz(func(t *testing.T, version, id, info, flags byte, main, data []byte) {
		r := Record{
			Version: v95 + rmgr.Version(version)%(newest-v95+1), RMID: rmgr.ID(id), Info: info,
			Origin: 1, Main: append([]byte(nil), main...), Length: uint32(len(main) + len(data)),
		}
		r.Main = r.Main[:len(main):len(main)]
		if flags != 0 {
			b := Block{Flags: Flags(flags), Fork: info & 15}
			if b.Flags&HasData != 0 {
				b.Data = append([]byte(nil), data...)[:len(data):len(data)]
			}
			r.Blocks = []Block{b}
		}
		XactTime(&r)
		// Every version reads the same bytes in its own way.
		for r.Version = v95; r.Version <= newest; r.Version++ {
			var err error
			if dst, err = p.Append(dst[:0], &r); err != nil {
				var e *Error
				if !errors.As(err, &e) || e.Field == "" || e.Error() == "" || len(dst) != 0 {
					t.Fatalf("%v, with a text of %d bytes", err, len(dst))
				}
				continue
			}
			if limit := textFactor*(len(main)+len(data)) + textRest; len(dst) > limit {
				t.Fatalf("%s %s: %d bytes of text from %d", r.Version.Name(r.RMID), r.Version.RecordType(r.RMID, r.Info), len(dst), len(main)+len(data))
			}
			dst = AppendBlockRefs(dst, &r, true)
		}
	})
}
