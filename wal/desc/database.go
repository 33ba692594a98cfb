package desc

// CREATE is 0x00 and DROP 0x10 up to 14; 15 has CREATE_FILE_COPY, CREATE_WAL_LOG and
// DROP. 12 turned the order of database and tablespace around.
var databaseRows = []row{
	text(0x00, v95, v11, "copy dir {src_db_id u32@8}/{src_tablespace_id u32@12} to {db_id u32@0}/{tablespace_id u32@4}"),
	text(0x00, v12, newest, "copy dir {src_tablespace_id u32@12}/{src_db_id u32@8} to {tablespace_id u32@4}/{db_id u32@0}"),

	text(0x10, v15, newest, "create dir {tablespace_id u32@4}/{db_id u32@0}"),

	text(0x10, v95, v11, "dir {db_id u32@0}/{tablespace_id u32@4}"),
	text(0x10, v12, v12, "dir {tablespace_id u32@4}/{db_id u32@0}"),
	code(0x10, v13, v14, (*Printer).databaseDrop),
	code(0x20, v15, newest, (*Printer).databaseDrop),
}

func (p *Printer) databaseDrop(dst []byte) []byte {
	c := &p.main
	database := c.u32("db_id")
	tablespaces := c.list("tablespace_ids", int64(c.i32("ntablespaces")), 4)
	dst = append(dst, "dir"...)
	for i := range len(tablespaces) / 4 {
		dst = append(appendUint(append(dst, ' '), uint64(load32(tablespaces, i))), '/')
		dst = appendUint(dst, uint64(database))
	}
	return dst
}
