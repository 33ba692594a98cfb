package desc

var relMapRows = []row{
	text(0x00, v95, v14, "database {dbid u32@0} tablespace {tsid u32@4} size {nbytes u32@8}"),
	text(0x00, v15, newest, "database {dbid u32@0} tablespace {tsid u32@4} size {nbytes i32@8}"),
}
