package desc

var originRows = []row{
	text(0x00, v95, newest, "set {node_id u16@8}; lsn {remote_lsn lsn@0}; force: {force u8@10}"),
	text(0x10, v95, newest, "drop {node_id u16@0}"),
}
