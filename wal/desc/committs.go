package desc

// ZEROPAGE, TRUNCATE, SETTS.
var commitTsRows = []row{
	text(0x00, v95, v16, "{pageno i32@0}"),
	text(0x00, v17, newest, "{pageno i64@0}"),

	text(0x10, v95, v96, "{pageno i32@0}"),
	text(0x10, v10, v16, "pageno {pageno i32@0}, oldestXid {oldestXid u32@4}"),
	text(0x10, v17, newest, "pageno {pageno i64@0}, oldestXid {oldestXid u32@8}"),

	text(0x20, v95, v13, "set {timestamp time@0}/{nodeid u16@8} for: {mainxid u32@12}").then((*Printer).commitTsSet),
}

// commitTsSet appends the subtransactions, which go on to the end of the data.
func (p *Printer) commitTsSet(dst []byte) []byte {
	list := p.main.at(16).rest()
	for i := range len(list) / 4 {
		dst = appendUint(append(dst, ", "...), uint64(load32(list, i)))
	}
	return dst
}
