package desc

var storageRows = []row{
	text(0x10, v95, newest, "{rnode fork@0}"),
	text(0x20, v95, v95, "{rnode path@4} to {blkno u32@0} blocks"),
	text(0x20, v96, newest, "{rnode path@4} to {blkno u32@0} blocks flags {flags i32@16}"),
}
