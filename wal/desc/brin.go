package desc

var brinRows = []row{
	text(0x00, v95, newest, "v{version u16@4} pagesPerRange {pagesPerRange u32@0}"),
	text(0x10, v95, newest, "heapBlk {heapBlk u32@0} pagesPerRange {pagesPerRange u32@4} offnum {offnum u16@8}"),
	text(0x20, v95, newest, "heapBlk {heapBlk u32@4} pagesPerRange {pagesPerRange u32@8} old offnum {oldOffnum u16@0}, new offnum {offnum u16@12}"),
	text(0x30, v95, newest, "offnum {offnum u16@0}"),
	text(0x40, v95, newest, "targetBlk {targetBlk u32@0}"),
	text(0x50, v10, newest, "pagesPerRange {pagesPerRange u32@0}, heapBlk {heapBlk u32@4}, page offset {regOffset u16@8}"),
}
