package dump

import (
	"walstats/wal"
	"walstats/wal/desc"
)

// A printer prints or counts the records that one goroutine reads.
type printer struct {
	*options
	set    *wal.Set
	text   []byte        // what is printed
	desc   *desc.Printer // nil if no text is wanted
	counts *counts       // nil if nothing is counted
	images *images       // nil if none is saved

	description []byte // of the last record in JSON
}

func (d *dumper) newPrinter() *printer {
	p := &printer{options: d.options, set: d.set}
	switch {
	case d.Quiet:
	case d.Stats != "":
		p.counts = &counts{}
	default:
		p.desc = desc.NewPrinter(d.zone)
	}
	if d.SaveFullPage != "" {
		p.images = &images{folder: d.SaveFullPage}
	}
	return p
}

// show prints or counts a record that was chosen. It ends at end.
func (p *printer) show(r *desc.Record, end wal.LSN) (err error) {
	switch {
	case p.counts != nil:
		p.counts.add(r.RMID, r.Info, r.Length, r.Length-r.RecordLength())
		p.counts.end = end
	case p.desc == nil:
	case p.JSON:
		p.text, err = p.appendJSON(p.text, r, end)
	default:
		p.text, err = p.desc.AppendLine(p.text, r, p.Details)
	}
	if err != nil {
		return fatal("%s", err.Error())
	}
	if p.images != nil {
		return p.images.save(p.set, r)
	}
	return nil
}
