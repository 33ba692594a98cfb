package desc

import "walstats/rmgr"

// AppendLine appends the record as pg_waldump of r.Version prints it, with the newline;
// with detailed, as with -b, a line for each block reference follows. The error is
// Append's; dst is then returned as it was.
func (p *Printer) AppendLine(dst []byte, r *Record, detailed bool) ([]byte, error) {
	start := len(dst)
	dst = appendHead(dst, r)
	dst, err := p.Append(dst, r)
	if err != nil {
		return dst[:start], err
	}
	if detailed {
		return AppendBlockRefs(append(dst, '\n'), r, true), nil
	}
	return append(AppendBlockRefs(dst, r, false), '\n'), nil
}

// appendHead appends the line up to the description: the manager, both lengths, the
// transaction, both positions and the record type.
func appendHead(dst []byte, r *Record) []byte {
	rest, total := r.RecordLength(), r.Length
	dst = append(dst, heads[r.Version][r.RMID]...)
	if rest < 1e6 && total < 1e6 { // the numbers have their places
		b := dst[len(dst)-len(headNumbers):]
		putSix(b, rest)
		putSix(b[7:], total)
		putUint(b[:29], uint64(r.XID))
	} else {
		dst = append(appendPadded(dst[:len(dst)-len(headNumbers)], uint64(rest), 6), '/')
		dst = appendPadded(dst, uint64(total), 6)
		dst = appendPadded(append(dst, ", tx: "...), uint64(r.XID), 10)
		dst = append(dst, ", lsn: "...)
	}
	dst = r.Prev.AppendText(append(r.LSN.AppendText(dst), ", prev "...))
	dst = append(append(dst, ", desc: "...), r.Version.RecordType(r.RMID, r.Info)...)
	return append(dst, ' ')
}

// headNumbers has room for both lengths and the transaction.
const headNumbers = "      /      , tx:           , lsn: "

// heads has the beginning of each manager's line: its name, padded to 11, and room for the
// numbers.
var heads = lineHeads()

func lineHeads() (all [newest + 1][256]string) {
	for v := v95; v <= newest; v++ {
		for id := range all[v] {
			if name := v.Name(rmgr.ID(id)); name != "" {
				for len(name) < 11 {
					name += " "
				}
				all[v][id] = "rmgr: " + name + " len (rec/tot): " + headNumbers
			}
		}
	}
	return all
}
