package desc

var sequenceRows = []row{
	text(0x00, v95, newest, "rel {node rel@0}"),
}
