package desc

// ZERO_OFF_PAGE, ZERO_MEM_PAGE, CREATE_ID, TRUNCATE_ID.
var multiXactRows = []row{
	text(0x00, v95, v16, "{pageno i32@0}"),
	text(0x00, v17, newest, "{pageno i64@0}"),

	text(0x10, v95, v16, "{pageno i32@0}"),
	text(0x10, v17, newest, "{pageno i64@0}"),

	text(0x20, v95, v18, "{mid u32@0} offset {moff u32@4} nmembers {nmembers i32@8}: ").then((*Printer).members8),
	text(0x20, v19, newest, "{mid u32@0} offset {moff u64@8} nmembers {nmembers i32@16}: ").then((*Printer).members16),

	text(0x30, v95, v18, "offsets [{startTruncOff u32@4}, {endTruncOff u32@8}), members [{startTruncMemb u32@12}, {endTruncMemb u32@16})"),
	text(0x30, v19, newest, "oldestMulti {oldestMulti u32@4}, oldestOffset {oldestOffset u64@8}"),
}

// members8 and members16 are named for the byte that holds the number of members.
func (p *Printer) members8(dst []byte) []byte  { return p.members(dst, 8) }
func (p *Printer) members16(dst []byte) []byte { return p.members(dst, 16) }

var memberStatus = [...]string{"keysh", "sh", "fornokeyupd", "forupd", "nokeyupd", "upd"}

func (p *Printer) members(dst []byte, at int) []byte {
	c := p.main.at(at)
	list := c.list("members", int64(c.i32("nmembers")), 8)
	for ; len(list) > 0; list = list[8:] {
		dst = append(appendUint(dst, uint64(load32(list, 0))), " ("...)
		status := "unk"
		if n := load32(list, 1); n < uint32(len(memberStatus)) {
			status = memberStatus[n]
		}
		dst = append(append(dst, status...), ") "...)
	}
	return dst
}
