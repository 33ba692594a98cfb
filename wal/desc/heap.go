package desc

// Codes without INIT_PAGE (0x80), which only the record type shows.
var heapRows = []row{
	text(0x00, v95, v11, "off {offnum u16@0}"), // INSERT
	text(0x00, v12, v15, "off {offnum u16@0} flags 0x{flags x8@2}"),
	text(0x00, v16, newest, "off: {offnum u16@0}, flags: 0x{flags x8@2}"),

	text(0x10, v95, v11, "off {offnum u16@4} {infobits_set infobits@6}"), // DELETE
	text(0x10, v12, v15, "off {offnum u16@4} flags 0x{flags x8@7} {infobits_set infobits@6}"),
	text(0x10, v16, newest, "xmax: {xmax u32@0}, off: {offnum u16@4}, infobits: [{infobits_set list@6}], flags: 0x{flags x8@7}"),

	text(0x20, v95, v11, heapUpdate95), // UPDATE
	text(0x20, v12, v15, heapUpdate12),
	text(0x20, v16, newest, heapUpdate16),

	text(0x30, v11, v15, `{flags if@8&1 "cascade "}{flags if@8&2 "restart_seqs "}nrelids {nrelids u32@4} relids`).then((*Printer).truncate11), // TRUNCATE
	text(0x30, v16, newest, `flags: [{flags if@8&1 "CASCADE"}`).then((*Printer).truncate16),

	text(0x40, v95, v11, heapUpdate95), // HOT_UPDATE
	text(0x40, v12, v15, heapUpdate12),
	text(0x40, v16, newest, heapUpdate16),

	text(0x50, v95, v15, "off {offnum u16@0}"), // HEAP_CONFIRM
	text(0x50, v16, newest, "off: {offnum u16@0}"),

	text(0x60, v95, v95, "off {offnum u16@4}: xid {xmax u32@0} {infobits_set infobits@6}"), // LOCK
	text(0x60, v96, v11, "off {offnum u16@4}: xid {xmax u32@0}: flags {flags u8@7} {infobits_set infobits@6}"),
	text(0x60, v12, v15, "off {offnum u16@4}: xid {xmax u32@0}: flags 0x{flags x8@7} {infobits_set infobits@6}"),
	text(0x60, v16, newest, heapLock16),

	text(0x70, v95, v15, "off {offnum u16@0}"), // INPLACE
	text(0x70, v16, v17, "off: {offnum u16@0}"),
	text(0x70, v18, newest, "off: {offnum u16@0}").then((*Printer).inplace),
}

const (
	heapUpdate95 = "off {old_offnum u16@4} xmax {old_xmax u32@0} {old_infobits_set infobits@6}; new off {new_offnum u16@12} xmax {new_xmax u32@8}"
	heapUpdate12 = "off {old_offnum u16@4} xmax {old_xmax u32@0} flags 0x{flags x8@7} {old_infobits_set infobits@6}; " +
		"new off {new_offnum u16@12} xmax {new_xmax u32@8}"
	heapUpdate16 = "old_xmax: {old_xmax u32@0}, old_off: {old_offnum u16@4}, old_infobits: [{old_infobits_set list@6}], flags: 0x{flags x8@7}, " +
		"new_xmax: {new_xmax u32@8}, new_off: {new_offnum u16@12}"

	heapLock16 = "xmax: {xmax u32@0}, off: {offnum u16@4}, infobits: [{infobits_set list@6}], flags: 0x{flags x8@7}"
)

func (p *Printer) truncate11(dst []byte) []byte {
	n := p.main.at(4).u32("nrelids")
	return appendEach(dst, p.main.at(12).list("relids", int64(n), 4))
}

func (p *Printer) truncate16(dst []byte) []byte {
	c := p.main.at(4)
	n, flags := c.u32("nrelids"), c.u8("flags")
	switch flags & 3 {
	case 2:
		dst = append(dst, "RESTART_SEQS"...)
	case 3:
		dst = append(dst, ", RESTART_SEQS"...)
	}
	dst = appendUint(append(dst, "], nrelids: "...), uint64(n))
	return appendOids(append(dst, ", relids:"...), c.at(12).list("relids", int64(n), 4))
}

// inplace appends the invalidation messages that 18 added.
func (p *Printer) inplace(dst []byte) []byte {
	c := p.main.at(4)
	database, tablespace := c.u32("dbId"), c.u32("tsId")
	initFile := c.u8("relcacheInitFileInval") != 0
	c.skip("padding", 3)
	messages := c.list("msgs", int64(c.i32("nmsgs")), messageSize)
	return p.appendInvalidations(dst, messages, database, tablespace, initFile)
}
