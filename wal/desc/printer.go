package desc

import (
	"time"

	"walstats/rmgr"
)

// A Printer makes the texts of records. It keeps the zone's current day and the
// place in a record, so each thread needs its own.
type Printer struct {
	zone    zone
	version rmgr.Version
	record  *Record
	main    cursor // main data
	data    cursor // block data of block 0; empty without it
	hasData bool   // block 0 is there and has block data
}

// NewPrinter returns a Printer that prints times in loc, as pg_waldump does with TZ
// set to loc's name.
func NewPrinter(loc *time.Location) *Printer {
	return &Printer{zone: newZone(loc)}
}

// Append appends what pg_waldump of r.Version says of the record: the text after the
// record type and its one blank, up to the block references. It may be empty. Where
// the record's data does not hold what its type requires, Append returns dst as it
// was and an [*Error].
func (p *Printer) Append(dst []byte, r *Record) ([]byte, error) {
	if r.RMID > lastID {
		if r.RMID < rmgr.FirstCustom {
			return dst, nil
		}
		// pg_waldump does not load the extension that the manager belongs to.
		return appendUint(append(dst, "rmid: "...), uint64(r.RMID)), nil
	}
	prog := programs[r.Version][r.RMID][r.Info>>4]
	if prog == nil {
		return dst, nil
	}
	p.record, p.version = r, r.Version
	p.main.reset(r.Main)
	p.data.reset(nil)
	if p.hasData = len(r.Blocks) > 0 && r.Blocks[0].ID == 0 && r.Blocks[0].Flags&HasData != 0; p.hasData {
		p.data.reset(r.Blocks[0].Data)
	}
	start := len(dst)
	switch {
	case prog.need > len(r.Main):
		prog.missing(&p.main, false)
	case prog.data > len(p.data.buf):
		prog.missing(&p.data, true)
	default:
		dst = p.run(dst, prog.ops)
		if prog.code != nil {
			dst = prog.code(p, dst)
		}
	}
	if p.main.failed() {
		return dst[:start], p.main.errorOf(r, false)
	}
	if p.data.failed() {
		return dst[:start], p.data.errorOf(r, true)
	}
	return dst, nil
}
