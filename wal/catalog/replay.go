package catalog

import (
	"bytes"

	"walstats/rmgr"
)

// Operations of Heap and Heap2, and flags of their main data
// (src/include/access/heapam_xlog.h).
const (
	heapOperations  = 0x70
	heapInsert      = 0x00
	heapUpdate      = 0x20
	heapHotUpdate   = 0x40
	heap2Multi      = 0x50
	initPage        = 0x80
	prefixFromOld   = 1 << 5
	suffixFromOld   = 1 << 6
	relmapUpdate    = 0x00
	relmapMagic     = 0x592717
	relmapMain      = 12 // before the map: database, tablespace, size
	multiTupleStart = 7  // xl_multi_insert_tuple
)

// Parts of a page (src/include/storage/bufpage.h, itemid.h).
const (
	pageHeader = 24
	lowerAt    = 12
	itemNormal = 1
)

// replay makes the pages of catalogs as they were after each record, and tells c of
// every row on them.
type replay struct {
	c     *Catalog
	pages map[page]map[uint16]tuple // by offset number
}

func (r *replay) record(k *kept) {
	switch {
	case k.rmid == rmgr.RelMap && k.info&0xF0 == relmapUpdate:
		r.c.mapFiles(k.main)
		return
	case k.rmid == rmgr.Database:
		r.c.copyDatabase(k.info, k.main)
		return
	}
	for i := range k.blocks {
		b := &k.blocks[i]
		if b.isInit {
			delete(r.pages, b.page)
		}
		if b.whole != nil {
			r.image(b)
		}
	}
	switch op := k.info & heapOperations; {
	case k.rmid == rmgr.Heap && op == heapInsert:
		r.insert(k)
	case k.rmid == rmgr.Heap && (op == heapUpdate || op == heapHotUpdate):
		r.update(k)
	case k.rmid == rmgr.Heap2 && op == heap2Multi:
		r.multiInsert(k)
	}
}

// image takes the rows of a whole page: replaced ones first, so that the current one of
// a relation is seen last.
func (r *replay) image(b *block) {
	rows := map[uint16]tuple{}
	p := b.whole
	lower := min(int(le.Uint16(p[lowerAt:])), len(p))
	for at, offset := pageHeader, uint16(1); at+4 <= lower; at, offset = at+4, offset+1 {
		item := le.Uint32(p[at:])
		begin, length := int(item&0x7FFF), int(item>>17)
		if item>>15&3 != itemNormal || length < tupleHeader || begin+length > len(p) {
			continue
		}
		rows[offset] = bytes.Clone(p[begin : begin+length])
	}
	r.pages[b.page] = rows
	for _, current := range []bool{false, true} {
		for offset := range uint16(len(p) / 4) {
			if t := rows[offset]; t != nil && t.current() == current {
				r.c.note(b.File, t)
			}
		}
	}
}

// set puts a row on a page.
func (r *replay) set(p page, offset uint16, t tuple) {
	rows := r.pages[p]
	if rows == nil {
		rows = map[uint16]tuple{}
		r.pages[p] = rows
	}
	rows[offset] = t
	r.c.note(p.File, t)
}

// block returns a block of the record by its id, whose page is not an image.
func (k *kept) block(id uint8) *block {
	for i := range k.blocks {
		if b := &k.blocks[i]; b.id == id {
			return b
		}
	}
	return nil
}

// header returns a tuple with the header that a record has of it: t_infomask2,
// t_infomask and t_hoff (xl_heap_header).
func header(words []byte) tuple {
	t := make(tuple, tupleHeader, tupleHeader+256)
	copy(t[infomaskAt-2:], words[:5])
	return t
}

func (r *replay) insert(k *kept) {
	b := k.block(0)
	if b == nil || b.whole != nil || len(b.data) < 5 || len(k.main) < 2 {
		return
	}
	r.set(b.page, le.Uint16(k.main), append(header(b.data), b.data[5:]...))
}

func (r *replay) multiInsert(k *kept) {
	b := k.block(0)
	if b == nil || b.whole != nil || len(k.main) < 4 {
		return
	}
	data := b.data
	for i := range int(le.Uint16(k.main[2:])) {
		offset := uint16(i + 1)
		if k.info&initPage == 0 {
			if len(k.main) < 4+2*i+2 {
				return
			}
			offset = le.Uint16(k.main[4+2*i:])
		}
		if at := len(b.data) - len(data); at&1 != 0 && len(data) > 0 { // SHORTALIGN
			data = data[1:]
		}
		if len(data) < multiTupleStart {
			return
		}
		length := int(le.Uint16(data))
		if len(data) < multiTupleStart+length {
			return
		}
		r.set(b.page, offset, append(header(data[2:]), data[multiTupleStart:multiTupleStart+length]...))
		data = data[multiTupleStart+length:]
	}
}

// update makes the new row from what the record has and, where the row shares its
// beginning or end with the old one, from that (heap_xlog_update, src/backend/access/heap).
func (r *replay) update(k *kept) {
	b := k.block(0)
	if b == nil || b.whole != nil || len(k.main) < 14 {
		return
	}
	flags, oldOffset, newOffset := k.main[7], le.Uint16(k.main[4:]), le.Uint16(k.main[12:])
	data := b.data
	var prefix, suffix int
	for _, part := range []struct {
		flag   byte
		length *int
	}{{prefixFromOld, &prefix}, {suffixFromOld, &suffix}} {
		if flags&part.flag != 0 {
			if len(data) < 2 {
				return
			}
			*part.length, data = int(le.Uint16(data)), data[2:]
		}
	}
	if len(data) < 5 {
		return
	}
	t, data := header(data), data[5:]
	var old []byte
	if prefix+suffix > 0 {
		at := b.page
		if second := k.block(1); second != nil {
			at = second.page
		}
		if old = r.pages[at][oldOffset].data(); len(old) < max(prefix, suffix) {
			return // the old row was not seen
		}
	}
	bitmap := int(t[hoffAt]) - tupleHeader
	if bitmap < 0 || bitmap > len(data) {
		return
	}
	t = append(t, data[:bitmap]...)
	t = append(t, old[:prefix]...)
	t = append(t, data[bitmap:]...)
	t = append(t, old[len(old)-suffix:]...)
	r.set(b.page, newOffset, t)
}
