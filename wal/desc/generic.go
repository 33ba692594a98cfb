package desc

// Generic has one text for every info code. The server puts its deltas into the block
// data, so the main data, and with it the text, is empty in real records.
var genericRows = []row{
	code(0x00, v96, newest, (*Printer).generic),
}

func (p *Printer) generic(dst []byte) []byte {
	for c := &p.main; c.pos < len(c.buf) && !c.failed(); {
		if c.pos > 0 {
			dst = append(dst, "; "...)
		}
		offset, length := c.u16("offset"), c.u16("length")
		c.skip("delta", int(length))
		dst = appendUint(append(dst, "offset "...), uint64(offset))
		dst = appendUint(append(dst, ", length "...), uint64(length))
	}
	return dst
}
