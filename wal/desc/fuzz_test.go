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

// A seed is data that could be a record of any type.
type seed struct {
	id    rmgr.ID
	info  byte
	flags Flags
	data  []byte // main data and block data
}

// seeds are data of zeros, of small and of large numbers, for every type of record.
func seeds() (all []seed) {
	data := [3][]byte{make([]byte, 120), make([]byte, 120), make([]byte, 120)}
	for i := range data[1] {
		data[1][i] = byte(i%8/7 + i%4/3) // a small number, of whatever size
		data[2][i] = 0xFF
	}
	for id := range lastID + 1 {
		for kind := range 16 {
			for i, flags := range []Flags{HasData, HasImage | Apply, HasData | HasImage} {
				all = append(all, seed{id, byte(kind) << 4, flags, data[i]})
			}
			all = append(all, seed{id, byte(kind) << 4, HasData, data[1]})
		}
	}
	return all
}

// What can be printed of the seeds is printed without an allocation, within the bounds
// of a text.
func TestSeeds(t *testing.T) {
	p := NewPrinter(time.UTC)
	printed := map[rmgr.ID]int{}
	for _, s := range seeds() {
		dst := make([]byte, 0, textFactor*2*len(s.data)+textRest)
		r := Record{RMID: s.id, Info: s.info, Main: s.data, Blocks: []Block{{Flags: s.flags, Data: s.data}}}
		for r.Version = v95; r.Version <= newest; r.Version++ {
			if _, err := p.Append(dst, &r); err != nil {
				continue
			}
			printed[s.id]++
			if n := testing.AllocsPerRun(1, func() { dst, _ = p.Append(dst[:0], &r) }); n != 0 {
				t.Errorf("%s %s of %v: %v allocations", r.Version.Name(s.id), r.Version.RecordType(s.id, s.info), r.Version, n)
			}
		}
	}
	for id := range lastID + 1 {
		if printed[id] < 4 {
			t.Errorf("%s: only %d texts", newest.Name(id), printed[id])
		}
	}
}

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
	for _, s := range seeds() {
		f.Add(byte(newest-v95), byte(s.id), s.info, byte(s.flags), s.data, s.data)
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
