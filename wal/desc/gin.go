package desc

// CREATE_INDEX (up to 11), CREATE_PTREE, VACUUM_PAGE and DELETE_PAGE have an empty text;
// UPDATE_META_PAGE and INSERT_LISTPAGE have one from 19 on.
var ginRows = []row{
	text(0x20, v95, newest, "isdata: {flags letter@0&1} isleaf: {flags letter@0&2}").then((*Printer).ginInsert),

	text(0x30, v95, v18, ginSplit),
	text(0x30, v19, newest, ginSplit).then((*Printer).ginSplitChildren),

	text(0x60, v19, newest, "ntuples: {ntuples i32@80}").then((*Printer).ginMetaPage),
	text(0x70, v19, newest, "ntuples: {ntuples i32@4}").then((*Printer).ginListPage),

	text(0x80, v95, newest, "ndeleted: {ndeleted i32@56}"),
	code(0x90, v95, newest, (*Printer).ginVacuum),
}

const ginSplit = "isrootsplit: {flags letter@24&4} isdata: {flags letter@24&1} isleaf: {flags letter@24&2}"

// A ginImageForm tells what a version prints if block 0 has an image.
type ginImageForm struct{ applied, verified string }

var ginImageForms = byVersion(
	span[ginImageForm]{v95, v96, ginImageForm{" (full page image)", " (full page image)"}},
	span[ginImageForm]{v10, v18, ginImageForm{" (full page image)", " (full page image, for WAL verification)"}},
	span[ginImageForm]{v19, newest, ginImageForm{}},
)

// ginImage appends that block 0 has an image, and says whether it does.
func (p *Printer) ginImage(dst []byte) ([]byte, bool) {
	r := p.record
	if len(r.Blocks) == 0 || r.Blocks[0].ID != 0 || r.Blocks[0].Flags&HasImage == 0 {
		return dst, false
	}
	form := &ginImageForms[p.version]
	return appendWord(dst, r.Blocks[0].Flags&Apply != 0, form.applied, form.verified), true
}

// Flags of INSERT.
const (
	ginIsData = 1
	ginIsLeaf = 2
)

func (p *Printer) ginInsert(dst []byte) []byte {
	c := p.main.at(0)
	flags := c.u16("flags")
	if flags&ginIsLeaf == 0 {
		left, right := c.blockID("left child"), c.blockID("right child")
		dst = append(appendUint(append(dst, " children: "...), uint64(left)), '/')
		dst = appendUint(dst, uint64(right))
	}
	dst, image := p.ginImage(dst)
	if image {
		return dst
	}
	d := &p.data
	switch {
	case flags&ginIsData == 0:
		d.skip("offset", 2)
		return appendLetter(append(dst, " isdelete: "...), d.u8("isDelete") != 0)
	case flags&ginIsLeaf != 0:
		return p.ginSegments(dst)
	}
	d.skip("offset", 2)
	child, key, offset := d.blockID("child"), d.blockID("key block"), d.u16("key offset")
	dst = append(appendUint(append(dst, " pitem: "...), uint64(child)), '-')
	dst = append(appendUint(dst, uint64(key)), '/')
	return appendUint(dst, uint64(offset))
}

// blockID reads a block number of two u16, high half first.
func (c *cursor) blockID(field string) uint32 {
	high := uint32(c.u16(field))
	return high<<16 | uint32(c.u16(field))
}

func (p *Printer) ginVacuum(dst []byte) []byte {
	if dst, image := p.ginImage(dst); image {
		return dst
	}
	return p.ginSegments(dst)
}

// Actions on a segment of a posting list.
const (
	ginDelete   = 1
	ginInsert   = 2
	ginReplace  = 3
	ginAddItems = 4
)

// ginSegments appends the actions in the block data. PostgreSQL stops after an action
// that it does not know.
func (p *Printer) ginSegments(dst []byte) []byte {
	d := &p.data
	n := d.u16("nactions")
	dst = append(appendUint(append(dst, ' '), uint64(n)), " segments:"...)
	for range n {
		segment, action := d.u8("segno"), d.u8("action")
		if d.failed() {
			break
		}
		dst = appendUint(append(dst, ' '), uint64(segment))
		switch action {
		case ginDelete:
			dst = append(dst, " (delete)"...)
		case ginInsert:
			d.postingList()
			dst = append(dst, " (insert)"...)
		case ginReplace:
			d.postingList()
			dst = append(dst, " (replace)"...)
		case ginAddItems:
			items := d.u16("nitems")
			d.list("items", int64(items), 6)
			dst = append(appendUint(append(dst, " (add "...), uint64(items)), " items)"...)
		default:
			return append(appendUint(append(dst, " unknown action "...), uint64(action)), " ???"...)
		}
	}
	return dst
}

// postingList skips a compressed posting list: the first tid, the number of bytes, and
// as many, rounded up to an even number.
func (c *cursor) postingList() {
	c.skip("first", 6)
	n := int(c.u16("nbytes"))
	c.skip("bytes", n+n&1)
}

const noBlock = 0xFFFFFFFF

func (p *Printer) ginSplitChildren(dst []byte) []byte {
	c := p.main.at(16)
	left, right := c.u32("leftChildBlkno"), c.u32("rightChildBlkno")
	if left == noBlock {
		return dst
	}
	dst = append(appendUint(append(dst, " children: "...), uint64(left)), '/')
	return appendUint(dst, uint64(right))
}

func (p *Printer) ginMetaPage(dst []byte) []byte {
	c := p.main.at(72)
	dst = appendLink(dst, " prevTail: ", c.u32("prevTail"))
	return appendLink(dst, " newRightlink: ", c.u32("newRightlink"))
}

func (p *Printer) ginListPage(dst []byte) []byte {
	return appendLink(dst, " rightlink: ", p.main.at(0).u32("rightlink"))
}

// appendLink appends a block number, if there is one.
func appendLink(dst []byte, name string, block uint32) []byte {
	if block == noBlock {
		return dst
	}
	return appendUint(append(dst, name...), uint64(block))
}
