package desc

// Codes without INIT_PAGE (0x80), which only the record type shows. REWRITE (0x00) has an
// empty text. What 0x10 to 0x30 mean changed in 14 and in 17.
var heap2Rows = []row{
	text(0x10, v95, v13, "remxid {latestRemovedXid u32@0}"),                                                               // CLEAN
	text(0x10, v14, v15, "latestRemovedXid {latestRemovedXid u32@0} nredirected {nredirected u16@4} ndead {ndead u16@6}"), // PRUNE
	text(0x10, v16, v16, "snapshotConflictHorizon: {snapshotConflictHorizon u32@0}, nredirected: {nredirected u16@4}, ndead: {ndead u16@6}").then((*Printer).prune16),
	code(0x10, v17, v18, (*Printer).prune17), // PRUNE_ON_ACCESS
	code(0x10, v19, newest, (*Printer).prune19),

	text(0x20, v95, v13, heap2Freeze95),             // FREEZE_PAGE
	text(0x20, v14, v15, "nunused {nunused u16@0}"), // VACUUM
	text(0x20, v16, v16, "nunused: {nunused u16@0}").then((*Printer).vacuum16),
	code(0x20, v17, v18, (*Printer).prune17), // PRUNE_VACUUM_SCAN
	code(0x20, v19, newest, (*Printer).prune19),

	text(0x30, v95, v13, "remxid {latestRemovedXid u32@12}"), // CLEANUP_INFO
	text(0x30, v14, v15, heap2Freeze95),                      // FREEZE_PAGE
	text(0x30, v16, v16, "snapshotConflictHorizon: {snapshotConflictHorizon u32@0}, nplans: {nplans u16@4}").then((*Printer).freezePage16),
	code(0x30, v17, v18, (*Printer).prune17), // PRUNE_VACUUM_CLEANUP
	code(0x30, v19, newest, (*Printer).prune19),

	text(0x40, v95, v95, "cutoff xid {cutoff_xid u32@0}"), // VISIBLE, up to 18
	text(0x40, v96, v11, "cutoff xid {cutoff_xid u32@0} flags {flags u8@4}"),
	text(0x40, v12, v15, "cutoff xid {cutoff_xid u32@0} flags 0x{flags x8@4}"),
	text(0x40, v16, v18, "snapshotConflictHorizon: {snapshotConflictHorizon u32@0}, flags: 0x{flags x8@4}"),

	text(0x50, v95, v11, "{ntuples u16@2} tuples"), // MULTI_INSERT
	text(0x50, v12, v15, "{ntuples u16@2} tuples flags 0x{flags x8@0}"),
	text(0x50, v16, v18, heap2Multi16).then((*Printer).multiInsert),
	text(0x50, v19, newest, heap2Multi16+`{flags if@0&0x20 ", vm_flags: 0x03"}`).then((*Printer).multiInsert),

	text(0x60, v95, v95, "off {offnum u16@4}: xmax {xmax u32@0} {infobits_set infobits@6}"), // LOCK_UPDATED
	text(0x60, v96, v11, "off {offnum u16@4}: xmax {xmax u32@0}: flags {flags u8@7} {infobits_set infobits@6}"),
	text(0x60, v12, v15, "off {offnum u16@4}: xmax {xmax u32@0}: flags 0x{flags x8@7} {infobits_set infobits@6}"),
	text(0x60, v16, newest, heapLock16),

	text(0x70, v95, v15, "rel {target_node rel@16}; tid {target_tid block@28}/{target_tid u16@32}; "+ // NEW_CID
		"cmin: {cmin u32@4}, cmax: {cmax u32@8}, combo: {combocid u32@12}"),
	text(0x70, v16, newest, "rel: {target_locator rel@16}, tid: {target_tid block@28}/{target_tid u16@32}, "+
		"cmin: {cmin u32@4}, cmax: {cmax u32@8}, combo: {combocid u32@12}"),
}

const (
	heap2Freeze95 = "cutoff xid {cutoff_xid u32@0} ntuples {ntuples u16@4}"
	heap2Multi16  = "ntuples: {ntuples u16@2}, flags: 0x{flags x8@0}"
)

// multiInsert appends the offsets, which are in the main data. They are left out with
// INIT_PAGE, and not printed where an image replaced the block data.
func (p *Printer) multiInsert(dst []byte) []byte {
	if !p.hasData || p.record.Info&0x80 != 0 {
		return dst
	}
	n := p.main.at(2).u16("ntuples")
	return appendOffsets(append(dst, ", offsets:"...), p.main.list("offsets", int64(n), 2))
}

// prune16 appends what PRUNE of 16 has in the block data. The unused items are the rest.
func (p *Printer) prune16(dst []byte) []byte {
	if !p.hasData {
		return dst
	}
	c, d := p.main.at(4), &p.data
	redirected := d.list("redirected", int64(c.u16("nredirected")), 4)
	dead := d.list("nowdead", int64(c.u16("ndead")), 2)
	unused := d.rest()
	dst = appendUint(append(dst, ", nunused: "...), uint64(len(unused)/2))
	dst = appendRedirects(append(dst, ", redirected:"...), redirected)
	dst = appendOffsets(append(dst, ", dead:"...), dead)
	return appendOffsets(append(dst, ", unused:"...), unused)
}

func (p *Printer) vacuum16(dst []byte) []byte {
	if !p.hasData {
		return dst
	}
	n := p.main.at(0).u16("nunused")
	return appendOffsets(append(dst, ", unused:"...), p.data.list("nowunused", int64(n), 2))
}

func (p *Printer) freezePage16(dst []byte) []byte {
	if !p.hasData {
		return dst
	}
	plans := p.data.list("plans", int64(p.main.at(4).u16("nplans")), freezePlanSize)
	return p.appendPlans(append(dst, ", plans:"...), plans)
}

const freezePlanSize = 12

// appendPlans appends freeze plans as an array. Each takes its offsets from the rest of
// the block data.
func (p *Printer) appendPlans(dst, plans []byte) []byte {
	dst = append(dst, " ["...)
	for i := 0; i < len(plans); i += freezePlanSize {
		plan := plans[i:]
		n := load16(plan, 5)
		offsets := p.data.list("offsets", int64(n), 2)
		if p.data.failed() {
			break
		}
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = appendUint(append(dst, "{ xmax: "...), uint64(load32(plan, 0)))
		dst = appendUint(append(dst, ", infomask: "...), uint64(load16(plan, 3)))
		dst = appendUint(append(dst, ", infomask2: "...), uint64(load16(plan, 2)))
		dst = appendUint(append(dst, ", ntuples: "...), uint64(n))
		dst = append(appendOffsets(append(dst, ", offsets:"...), offsets), " }"...)
	}
	return append(dst, ']')
}

// Flags of the PRUNE records of 17 and later.
const (
	pruneIsCatalog     = 0x02
	pruneHasHorizon    = 0x08
	pruneHasPlans      = 0x10
	pruneHasRedirected = 0x20
	pruneHasDead       = 0x40
	pruneHasUnused     = 0x80
	pruneAllVisible    = 0x100 // from 19 on
	pruneAllFrozen     = 0x200
)

// prune17 reads flags of one byte after a byte that says nothing; prune19 reads two.
func (p *Printer) prune17(dst []byte) []byte {
	p.main.skip("reason", 1)
	return p.prune(dst, uint16(p.main.u8("flags")))
}

func (p *Printer) prune19(dst []byte) []byte {
	return p.prune(dst, p.main.u16("flags"))
}

func (p *Printer) prune(dst []byte, flags uint16) []byte {
	if flags&pruneHasHorizon != 0 {
		dst = appendUint(append(dst, "snapshotConflictHorizon: "...), uint64(p.main.u32("snapshotConflictHorizon")))
	}
	dst = appendLetter(append(dst, ", isCatalogRel: "...), flags&pruneIsCatalog != 0)
	if flags&pruneAllVisible != 0 {
		dst = appendWord(dst, flags&pruneAllFrozen != 0, ", vm_flags: 0x03", ", vm_flags: 0x01")
	}
	if !p.hasData {
		return dst
	}
	d := &p.data
	var plans, redirected, dead, unused []byte
	if flags&pruneHasPlans != 0 {
		n := d.u16("nplans")
		d.skip("padding", 2)
		plans = d.list("plans", int64(n), freezePlanSize)
	}
	if flags&pruneHasRedirected != 0 {
		redirected = d.list("redirected", int64(d.u16("nredirected")), 4)
	}
	if flags&pruneHasDead != 0 {
		dead = d.list("nowdead", int64(d.u16("ndead")), 2)
	}
	if flags&pruneHasUnused != 0 {
		unused = d.list("nowunused", int64(d.u16("nunused")), 2)
	}
	dst = appendUint(append(dst, ", nplans: "...), uint64(len(plans)/freezePlanSize))
	dst = appendUint(append(dst, ", nredirected: "...), uint64(len(redirected)/4))
	dst = appendUint(append(dst, ", ndead: "...), uint64(len(dead)/2))
	dst = appendUint(append(dst, ", nunused: "...), uint64(len(unused)/2))
	if len(plans) > 0 {
		dst = p.appendPlans(append(dst, ", plans:"...), plans)
	}
	if len(redirected) > 0 {
		dst = appendRedirects(append(dst, ", redirected:"...), redirected)
	}
	if len(dead) > 0 {
		dst = appendOffsets(append(dst, ", dead:"...), dead)
	}
	if len(unused) > 0 {
		dst = appendOffsets(append(dst, ", unused:"...), unused)
	}
	return dst
}
