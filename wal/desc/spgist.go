package desc

// CREATE_INDEX (up to 11) has an empty text; VACUUM_LEAF and VACUUM_ROOT have one from 14
// on.
var spgistRows = []row{
	text(0x10, v95, v13, `add leaf to page; off {offnumLeaf u16@2}; headoff {offnumHeadLeaf u16@4}; parentoff {offnumParent u16@6}`+
		`{newPage if@0 " (newpage)"}{storesNulls if@1 " (nulls)"}`),
	text(0x10, v14, newest, `off: {offnumLeaf u16@2}, headoff: {offnumHeadLeaf u16@4}, parentoff: {offnumParent u16@6}, nodeI: {nodeI u16@8}`+
		`{newPage if@0 " (newpage)"}{storesNulls if@1 " (nulls)"}`),

	text(0x20, v95, v13, "{nMoves u16@0} leafs"),
	text(0x20, v14, newest, `nmoves: {nMoves u16@0}, parentoff: {offnumParent u16@6}, nodeI: {nodeI u16@8}`+
		`{newPage if@2 " (newpage)"}{replaceDead if@3 " (replacedead)"}{storesNulls if@4 " (nulls)"}`),

	text(0x30, v95, v13, "off {offnum u16@0}"),
	text(0x30, v14, newest, `off: {offnum u16@0}, newoff: {offnumNew u16@2}, parentBlk: {parentBlk i8@5}, `+
		`parentoff: {offnumParent u16@6}, nodeI: {nodeI u16@8}{newPage if@4 " (newpage)"}`),

	text(0x40, v95, v13, "prefix off: {offnumPrefix u16@0}, postfix off: {offnumPostfix u16@2} (same {postfixBlkSame digit@5}, new {newPage digit@4})"),
	text(0x40, v14, newest, `prefixoff: {offnumPrefix u16@0}, postfixoff: {offnumPostfix u16@2}{newPage if@4 " (newpage)"}{postfixBlkSame if@5 " (same)"}`),

	text(0x50, v95, v13, `ndel {nDelete u16@2}; nins {nInsert u16@4}{innerIsParent if@12 " (innerIsParent)"}{isRootSplit if@0 " (isRootSplit)"}`),
	text(0x50, v14, newest, `ndelete: {nDelete u16@2}, ninsert: {nInsert u16@4}, inneroff: {offnumInner u16@8}, `+
		`parentoff: {offnumParent u16@14}, nodeI: {nodeI u16@16}`+
		`{innerIsParent if@12 " (innerIsParent)"}{storesNulls if@11 " (nulls)"}{isRootSplit if@0 " (isRootSplit)"}`),

	text(0x60, v14, newest, "ndead: {nDead u16@0}, nplaceholder: {nPlaceholder u16@2}, nmove: {nMove u16@4}, nchain: {nChain u16@6}"),
	text(0x70, v14, newest, "ndelete: {nDelete u16@0}"),

	text(0x80, v95, v13, "newest XID {newestRedirectXid u32@4}"),
	text(0x80, v14, v15, "ntoplaceholder: {nToPlaceholder u16@0}, firstplaceholder: {firstPlaceholder u16@2}, newestredirectxid: {newestRedirectXid u32@4}"),
	text(0x80, v16, v16, "ntoplaceholder: {nToPlaceholder u16@0}, firstplaceholder: {firstPlaceholder u16@2}, snapshotConflictHorizon: {snapshotConflictHorizon u32@4}"),
	text(0x80, v17, newest, "ntoplaceholder: {nToPlaceholder u16@0}, firstplaceholder: {firstPlaceholder u16@2}, "+
		"snapshotConflictHorizon: {snapshotConflictHorizon u32@4}, isCatalogRel: {isCatalogRel letter@8}"),
}
