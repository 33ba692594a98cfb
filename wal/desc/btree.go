package desc

var btreeRows = []row{
	text(0x00, v95, v15, "off {offnum u16@0}"), // INSERT_LEAF
	text(0x00, v16, newest, "off: {offnum u16@0}"),
	text(0x10, v95, v15, "off {offnum u16@0}"), // INSERT_UPPER
	text(0x10, v16, newest, "off: {offnum u16@0}"),
	text(0x20, v95, v15, "off {offnum u16@0}"), // INSERT_META
	text(0x20, v16, newest, "off: {offnum u16@0}"),

	text(0x30, v95, v12, btreeSplit95), // SPLIT_L
	text(0x30, v13, v15, btreeSplit13),
	text(0x30, v16, newest, btreeSplit16),
	text(0x40, v95, v12, btreeSplit95), // SPLIT_R
	text(0x40, v13, v15, btreeSplit13),
	text(0x40, v16, newest, btreeSplit16),

	text(0x50, v95, v11, btreeSplit95),         // SPLIT_L_ROOT, in 11 SPLIT_L_HIGHKEY
	text(0x50, v13, v15, "off {offnum u16@0}"), // INSERT_POST
	text(0x50, v16, newest, "off: {offnum u16@0}"),
	text(0x60, v95, v11, btreeSplit95),                    // SPLIT_R_ROOT, in 11 SPLIT_R_HIGHKEY
	text(0x60, v13, v15, "nintervals {nintervals u16@0}"), // DEDUP
	text(0x60, v16, newest, "nintervals: {nintervals u16@0}"),

	text(0x70, v95, v11, "{nitems i32@12} items"), // DELETE
	text(0x70, v12, v12, "{nitems i32@4} items, latest removed xid {latestRemovedXid u32@0}"),
	text(0x70, v13, v13, "latestRemovedXid {latestRemovedXid u32@0}; ndeleted {ndeleted u32@4}"),
	text(0x70, v14, v15, "latestRemovedXid {latestRemovedXid u32@0}; ndeleted {ndeleted u16@4}; nupdated {nupdated u16@6}"),
	text(0x70, v16, v16, btreeDelete16).then((*Printer).btreeDelete),
	text(0x70, v17, newest, btreeDelete16+", isCatalogRel: {isCatalogRel letter@8}").then((*Printer).btreeDelete),

	text(0x80, v95, v13, btreeUnlink95), // UNLINK_PAGE
	text(0x80, v14, v15, btreeUnlink14),
	text(0x80, v16, newest, btreeUnlink16),
	text(0x90, v95, v13, btreeUnlink95), // UNLINK_PAGE_META
	text(0x90, v14, v15, btreeUnlink14),
	text(0x90, v16, newest, btreeUnlink16),

	text(0xA0, v95, v15, "lev {level u32@4}"), // NEWROOT
	text(0xA0, v16, newest, "level: {level u32@4}"),

	text(0xB0, v95, v15, "topparent {topparent u32@16}; leaf {leafblk u32@4}; left {leftblk u32@8}; right {rightblk u32@12}"), // MARK_PAGE_HALFDEAD
	text(0xB0, v16, newest, "topparent: {topparent u32@16}, leaf: {leafblk u32@4}, left: {leftblk u32@8}, right: {rightblk u32@12}"),

	text(0xC0, v95, v12, "lastBlockVacuumed {lastBlockVacuumed u32@0}"), // VACUUM
	text(0xC0, v13, v15, "ndeleted {ndeleted u16@0}; nupdated {nupdated u16@2}"),
	text(0xC0, v16, newest, "ndeleted: {ndeleted u16@0}, nupdated: {nupdated u16@2}").then((*Printer).btreeVacuum),

	text(0xD0, v95, v13, "rel {node rel@0}; latestRemovedXid {latestRemovedXid u32@16}"), // REUSE_PAGE
	text(0xD0, v14, v15, "rel {node rel@0}; latestRemovedXid {latestRemovedFullXid pair@16}"),
	text(0xD0, v16, v16, "rel: {node rel@0}, snapshotConflictHorizon: {snapshotConflictHorizon pair@16}"),
	text(0xD0, v17, newest, "rel: {node rel@0}, snapshotConflictHorizon: {snapshotConflictHorizon pair@16}, isCatalogRel: {isCatalogRel letter@24}"),

	text(0xE0, v11, v11, "oldest_btpo_xact {oldest_btpo_xact data:u32@16}; last_cleanup_num_heap_tuples: {num_heap_tuples data:f64@24}"), // META_CLEANUP
	text(0xE0, v12, v13, "oldest_btpo_xact {oldest_btpo_xact data:u32@20}; last_cleanup_num_heap_tuples: {num_heap_tuples data:f64@24}"),
	text(0xE0, v14, v15, "last_cleanup_num_delpages {num_delpages data:u32@20}"),
	text(0xE0, v16, newest, "last_cleanup_num_delpages: {num_delpages data:u32@20}"),
}

const (
	btreeSplit95 = "level {level u32@0}, firstright {firstright u16@4}, newitemoff {newitemoff u16@6}"
	btreeSplit13 = "level {level u32@0}, firstrightoff {firstrightoff u16@4}, newitemoff {newitemoff u16@6}, postingoff {postingoff u16@8}"
	btreeSplit16 = "level: {level u32@0}, firstrightoff: {firstrightoff u16@4}, newitemoff: {newitemoff u16@6}, postingoff: {postingoff u16@8}"

	btreeDelete16 = "snapshotConflictHorizon: {snapshotConflictHorizon u32@0}, ndeleted: {ndeleted u16@4}, nupdated: {nupdated u16@6}"

	btreeUnlink95 = "left {leftsib u32@0}; right {rightsib u32@4}; btpo_xact {btpo_xact u32@20}; " +
		"leafleft {leafleftsib u32@8}; leafright {leafrightsib u32@12}; topparent {topparent u32@16}"
	btreeUnlink14 = "left {leftsib u32@0}; right {rightsib u32@4}; level {level u32@8}; safexid {safexid pair@16}; " +
		"leafleft {leafleftsib u32@24}; leafright {leafrightsib u32@28}; leaftopparent {leaftopparent u32@32}"
	btreeUnlink16 = "left: {leftsib u32@0}, right: {rightsib u32@4}, level: {level u32@8}, safexid: {safexid pair@16}, " +
		"leafleft: {leafleftsib u32@24}, leafright: {leafrightsib u32@28}, leaftopparent: {leaftopparent u32@32}"
)

func (p *Printer) btreeDelete(dst []byte) []byte {
	c := p.main.at(4)
	return p.btreeItems(dst, c.u16("ndeleted"), c.u16("nupdated"))
}

func (p *Printer) btreeVacuum(dst []byte) []byte {
	c := p.main.at(0)
	return p.btreeItems(dst, c.u16("ndeleted"), c.u16("nupdated"))
}

// btreeItems appends the deleted offsets and the updated posting lists, which are in
// the block data; nothing where an image replaced it.
func (p *Printer) btreeItems(dst []byte, ndeleted, nupdated uint16) []byte {
	if !p.hasData {
		return dst
	}
	d := &p.data
	deleted := d.list("deleted", int64(ndeleted), 2)
	updated := d.list("updated", int64(nupdated), 2)
	dst = appendOffsets(append(dst, ", deleted:"...), deleted)
	dst = append(dst, ", updated: ["...)
	for i := range len(updated) / 2 {
		tids := d.list("ptids", int64(d.u16("nptids")), 2)
		if d.failed() {
			break
		}
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = appendUint(append(dst, "{ off: "...), uint64(load16(updated, i)))
		dst = appendUint(append(dst, ", nptids: "...), uint64(len(tids)/2))
		dst = append(appendOffsets(append(dst, ", ptids:"...), tids), " }"...)
	}
	return append(dst, ']')
}
