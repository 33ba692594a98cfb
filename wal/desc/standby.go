package desc

// LOCK, RUNNING_XACTS, INVALIDATIONS.
var standbyRows = []row{
	code(0x00, v95, newest, (*Printer).standbyLocks),

	text(0x10, v95, v15, runningXacts).then((*Printer).running95),
	text(0x10, v16, newest, runningXacts).then((*Printer).running16),

	code(0x20, v96, newest, (*Printer).standbyInvalidations),
}

const runningXacts = "nextXid {nextXid u32@12} latestCompletedXid {latestCompletedXid u32@20} oldestRunningXid {oldestRunningXid u32@16}"

func (p *Printer) standbyLocks(dst []byte) []byte {
	c := &p.main
	locks := c.list("locks", int64(c.i32("nlocks")), 12)
	for ; len(locks) > 0; locks = locks[12:] {
		dst = appendUint(append(dst, "xid "...), uint64(load32(locks, 0)))
		dst = appendUint(append(dst, " db "...), uint64(load32(locks, 1)))
		dst = appendUint(append(dst, " rel "...), uint64(load32(locks, 2)))
		dst = append(dst, ' ')
	}
	return dst
}

// runningList appends "; N xacts:" and the next n transaction ids of the main data;
// nothing where n <= 0.
func (p *Printer) runningList(dst []byte, field string, n int32, heading string) []byte {
	if n <= 0 {
		return dst
	}
	list := p.main.list(field, int64(n), 4)
	dst = append(appendInt(append(dst, "; "...), int64(n)), heading...)
	return appendEach(dst, list)
}

func (p *Printer) running95(dst []byte) []byte {
	c := p.main.at(0)
	n := c.i32("xcnt")
	overflow := c.at(8).u8("subxid_overflow") != 0
	c.at(24)
	dst = p.runningList(dst, "xids", n, " xacts:")
	if overflow {
		dst = append(dst, "; subxid ovf"...)
	}
	return dst
}

// running16 prints the ids of subtransactions, too.
func (p *Printer) running16(dst []byte) []byte {
	c := p.main.at(0)
	n, subs := c.i32("xcnt"), c.i32("subxcnt")
	overflow := c.u8("subxid_overflow") != 0
	c.at(24)
	dst = p.runningList(dst, "xids", n, " xacts:")
	if overflow {
		dst = append(dst, "; subxid overflowed"...)
	}
	return p.runningList(dst, "subxids", subs, " subxacts:")
}

func (p *Printer) standbyInvalidations(dst []byte) []byte {
	c := &p.main
	database, tablespace := c.u32("dbId"), c.u32("tsId")
	initFile := c.u8("relcacheInitFileInval") != 0
	c.skip("padding", 3)
	messages := c.list("msgs", int64(c.i32("nmsgs")), messageSize)
	if len(messages) == 0 && invalidationForms[p.version].always && !c.failed() {
		return appendMessages(dst, p.version, nil, database, tablespace, initFile)
	}
	return p.appendInvalidations(dst, messages, database, tablespace, initFile)
}
