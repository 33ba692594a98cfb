package dump

import (
	"strconv"
	"time"
	"unicode/utf8"

	"walstats/record"
	"walstats/wal"
	"walstats/wal/desc"
)

// appendJSON appends the record as a line of JSON. The names are those of the columns of
// read_wal and read_wal_blocks.
func (p *printer) appendJSON(dst []byte, r *desc.Record, end wal.LSN) (_ []byte, err error) {
	if p.description, err = p.desc.Append(p.description[:0], r); err != nil {
		return dst, err
	}
	begin := len(dst)
	lsn := func(name string, at wal.LSN) {
		dst = append(append(append(dst, `,"`...), name...), `":"`...)
		dst = append(at.AppendText(dst), '"')
	}
	number := func(name string, n uint64) {
		dst = append(append(append(dst, `,"`...), name...), `":`...)
		dst = strconv.AppendUint(dst, n, 10)
	}
	word := func(name, value string) { // which needs no escapes
		dst = append(append(append(dst, `,"`...), name...), `":"`...)
		dst = append(append(dst, value...), '"')
	}
	lsn("start_lsn", r.LSN)
	dst[begin] = '{'
	lsn("end_lsn", end)
	lsn("prev_lsn", r.Prev)
	number("xid", uint64(r.XID))
	word("resource_manager", r.Version.Name(r.RMID))
	word("record_type", r.Version.RecordType(r.RMID, r.Info))
	number("record_length", uint64(r.Length))
	number("fpi_length", uint64(r.Length-r.RecordLength()))
	number("main_data_length", uint64(len(r.Main)))
	if micros, ok := desc.XactTime(r); ok {
		dst = append(dst, `,"xact_time":"`...)
		dst = append(time.UnixMicro(micros).UTC().AppendFormat(dst, "2006-01-02T15:04:05.000000Z"), '"')
	}
	dst = appendQuoted(append(dst, `,"description":`...), p.description)
	dst = append(dst, `,"block_refs":[`...)
	for i := range r.Blocks {
		b := &r.Blocks[i]
		if i > 0 {
			dst = append(dst, ',')
		}
		open := len(dst)
		number("block_id", uint64(b.ID))
		dst[open] = '{'
		number("reltablespace", uint64(b.Tablespace))
		number("reldatabase", uint64(b.Database))
		number("relfilenode", uint64(b.Relation))
		word("relfork", record.ForkNames[b.Fork])
		number("relblocknumber", uint64(b.Number))
		if b.Flags&desc.HasImage != 0 {
			fpi := "verify"
			if b.Flags&desc.Apply != 0 {
				fpi = "apply"
			}
			word("fpi", fpi)
			number("block_fpi_length", uint64(b.ImageLength))
			if p.Details {
				number("hole_offset", uint64(b.HoleOffset))
				number("hole_length", uint64(b.HoleLength))
				if b.Method != desc.Plain {
					word("compression_method", b.Method.String())
				}
			}
		}
		dst = append(dst, '}')
	}
	return append(dst, "]}\n"...), nil
}

// appendQuoted appends a text as JSON. A byte that is not part of valid UTF-8 becomes
// \xHH, as in read_wal.
func appendQuoted(dst, s []byte) []byte {
	const hex = "0123456789ABCDEF"
	dst = append(dst, '"')
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		case c < utf8.RuneSelf:
			dst = append(dst, c)
		default:
			r, size := utf8.DecodeRune(s[i:])
			if r == utf8.RuneError && size == 1 {
				dst = append(dst, '\\', '\\', 'x', hex[c>>4], hex[c&15])
			} else {
				dst = append(dst, s[i:i+size]...)
			}
			i += size
			continue
		}
		i++
	}
	return append(dst, '"')
}
