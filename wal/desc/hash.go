package desc

// Hash writes WAL from 10 on. SPLIT_PAGE and SPLIT_CLEANUP have an empty text.
var hashRows = []row{
	text(0x00, v10, v18, "num_tuples {num_tuples g64@0}, fillfactor {ffactor u16@12}"),
	text(0x00, v19, newest, "num_tuples {num_tuples g64@0}, procid {procid u32@8}, fillfactor {ffactor u16@12}"),
	text(0x10, v10, newest, "bmsize {bmsize u16@0}"),
	text(0x20, v10, newest, "off {offnum u16@0}"),
	text(0x30, v10, newest, "bmsize {bmsize u16@0}, bmpage_found {bmpage_found letter@2}"),

	text(0x40, v10, v18, "new_bucket {new_bucket u32@0}, meta_page_masks_updated {flags letter@8&1}, issplitpoint_changed {flags letter@8&2}"),
	text(0x40, v19, newest, "new_bucket {new_bucket u32@0}, old_bucket_flag {old_bucket_flag u16@4}, new_bucket_flag {new_bucket_flag u16@6}, "+
		"meta_page_masks_updated {flags letter@8&1}, issplitpoint_changed {flags letter@8&2}"),

	text(0x60, v10, newest, "old_bucket_flag {old_bucket_flag u16@0}, new_bucket_flag {new_bucket_flag u16@2}"),
	text(0x70, v10, newest, "ntups {ntups u16@0}, is_primary {is_prim_bucket_same_wrt letter@2}"),

	text(0x80, v10, v18, "prevblkno {prevblkno u32@0}, nextblkno {nextblkno u32@4}, ntups {ntups u16@8}, is_primary {is_prim_bucket_same_wrt letter@10}"),
	text(0x80, v19, newest, "prevblkno {prevblkno u32@0}, nextblkno {nextblkno u32@4}, ntups {ntups u16@8}, "+
		"is_primary {is_prim_bucket_same_wrt letter@10}, is_previous {is_prev_bucket_same_wrt letter@11}"),

	text(0x90, v10, newest, "clear_dead_marking {clear_dead_marking letter@0}, is_primary {is_primary_bucket_page letter@1}"),
	text(0xB0, v10, newest, "ntuples {ntuples g64@0}"),

	text(0xC0, v10, v11, "ntuples {ntuples i32@12}"),
	text(0xC0, v12, v13, "ntuples {ntuples i32@4}, latest removed xid {latestRemovedXid u32@0}"),
	text(0xC0, v14, v15, "ntuples {ntuples i32@4}, latestRemovedXid {latestRemovedXid u32@0}"),
	text(0xC0, v16, v16, "ntuples {ntuples u16@4}, snapshotConflictHorizon {snapshotConflictHorizon u32@0}"),
	text(0xC0, v17, newest, "ntuples {ntuples u16@4}, snapshotConflictHorizon {snapshotConflictHorizon u32@0}, isCatalogRel {isCatalogRel letter@6}"),
}
