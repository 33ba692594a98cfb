package desc

var tablespaceRows = []row{
	text(0x00, v95, newest, `{ts_id u32@0} "{ts_path string@4}"`),
	text(0x10, v95, newest, "{ts_id u32@0}"),
}
