package desc

var clogRows = []row{
	text(0x00, v95, v96, "{pageno i32@0}"),
	text(0x00, v10, v16, "page {pageno i32@0}"),
	text(0x00, v17, newest, "page {pageno i64@0}"),

	text(0x10, v95, v96, "{pageno i32@0}"),
	text(0x10, v10, v16, "page {pageno i32@0}; oldestXact {oldestXact u32@4}"),
	text(0x10, v17, newest, "page {pageno i64@0}; oldestXact {oldestXact u32@8}"),
}
