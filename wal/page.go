package wal

// A PageHeader is the header of a page (XLogPageHeaderData,
// src/include/access/xlog_internal.h). The last three fields are those of the long
// header, which the first page of every segment has.
type PageHeader struct {
	Magic       uint16
	Info        uint16
	Timeline    uint32 // when the page was begun
	Address     LSN    // of the page
	Rest        uint32 // bytes still to come of a record that began before
	System      uint64
	SegmentSize uint32
	PageSize    uint32
}

// ParsePageHeader reads the header of the page that b begins with. Fields for which
// b is too short are zero.
func ParsePageHeader(b []byte) (h PageHeader) {
	if len(b) < shortHeader {
		return h
	}
	h.Magic = le.Uint16(b)
	h.Info = le.Uint16(b[2:])
	h.Timeline = le.Uint32(b[4:])
	h.Address = LSN(le.Uint64(b[8:]))
	h.Rest = le.Uint32(b[16:])
	if h.Info&flagLong != 0 && len(b) >= longHeader {
		h.System = le.Uint64(b[24:])
		h.SegmentSize = le.Uint32(b[32:])
		h.PageSize = le.Uint32(b[36:])
	}
	return h
}

// A timelines holds what the order of the pages' timelines is checked against.
type timelines struct {
	page LSN    // the last page that was checked
	id   uint32 // its timeline
}

// checkPage makes the checks of XLogReaderValidatePageHeader
// (src/backend/access/transam/xlogreader.c) in their order, and that the cluster is
// the right one, which pg_waldump does not ask. b is the page that should be at lsn.
func (l *layout) checkPage(b []byte, lsn LSN, t *timelines) fault {
	if magic := le.Uint16(b); magic != l.Magic {
		return fault{code: pageMagic, at: lsn, a: uint64(magic)}
	}
	info := le.Uint16(b[2:])
	if info&^l.infoBits != 0 {
		return fault{code: pageInfo, at: lsn, a: uint64(info)}
	}
	if info&flagLong != 0 {
		if system := le.Uint64(b[24:]); system != l.System {
			return fault{code: pageSystem, at: lsn, a: system}
		}
		if size := le.Uint32(b[32:]); size != l.SegmentSize {
			return fault{code: pageSegmentSize, at: lsn, a: uint64(size)}
		}
		if size := le.Uint32(b[36:]); size != l.PageSize {
			return fault{code: pageBlockSize, at: lsn, a: uint64(size)}
		}
	} else if lsn&LSN(l.SegmentSize-1) == 0 {
		return fault{code: pageInfo, at: lsn, a: uint64(info)}
	}
	if address := le.Uint64(b[8:]); LSN(address) != lsn {
		return fault{code: pageAddress, at: lsn, a: address}
	}
	timeline := le.Uint32(b[4:])
	if lsn > t.page && timeline < t.id {
		return fault{code: pageTimeline, at: lsn, a: uint64(timeline), b: uint64(t.id)}
	}
	t.page, t.id = lsn, timeline
	return fault{}
}
