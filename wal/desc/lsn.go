package desc

import "walstats/record"

// shortLSN says in which versions a position inside a text is %X/%X. Later ones pad the
// low half to eight digits, as the rest of the line always does.
var shortLSN = byVersion(span[bool]{v95, v18, true})

// appendLSN appends a position as the record's version prints it inside a text.
func (p *Printer) appendLSN(dst []byte, v uint64) []byte {
	if shortLSN[p.version] {
		return record.LSN(v).AppendShort(dst)
	}
	return record.LSN(v).AppendText(dst)
}
