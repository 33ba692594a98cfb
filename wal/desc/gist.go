package desc

// PAGE_UPDATE, CREATE_INDEX (up to 11) and ASSIGN_LSN (13 to 18) have an empty text.
var gistRows = []row{
	text(0x10, v12, v15, "delete: latestRemovedXid {latestRemovedXid u32@0}, nitems: {ntodelete u16@4}"),
	text(0x10, v16, v16, "delete: snapshotConflictHorizon {snapshotConflictHorizon u32@0}, nitems: {ntodelete u16@4}"),
	text(0x10, v17, newest, "delete: snapshotConflictHorizon {snapshotConflictHorizon u32@0}, nitems: {ntodelete u16@4}, isCatalogRel {isCatalogRel letter@6}"),

	text(0x20, v12, v15, "rel {node rel@0}; blk {block u32@12}; latestRemovedXid {latestRemovedFullXid pair@16}"),
	text(0x20, v16, v16, "rel {node rel@0}; blk {block u32@12}; snapshotConflictHorizon {snapshotConflictHorizon pair@16}"),
	text(0x20, v17, newest, "rel {node rel@0}; blk {block u32@12}; snapshotConflictHorizon {snapshotConflictHorizon pair@16}, isCatalogRel {isCatalogRel letter@24}"),

	text(0x30, v95, newest, "page_split: splits to {npage u16@18} pages"),
	text(0x60, v12, newest, "deleteXid {deleteXid pair@0}; downlink {downlinkOffset u16@8}"),
}
