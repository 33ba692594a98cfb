package desc

import "walstats/rmgr"

// Codes of Transaction records, xl_info & 0x70.
const (
	xactCommit         = 0x00
	xactPrepare        = 0x10
	xactAbort          = 0x20
	xactCommitPrepared = 0x30
	xactAbortPrepared  = 0x40
	xactAssignment     = 0x50
	xactInvalidation   = 0x60

	xactCode    = 0x70 // the bits of a code
	xactHasInfo = 0x80
)

// EndsTransaction reports whether a record ends the transaction of its xid, and whether
// it tells more of that than the time (XLOG_XACT_HAS_INFO, src/include/access/xact.h).
func EndsTransaction(id rmgr.ID, info byte) (ends, more bool) {
	code := info & xactCode
	return id == rmgr.Transaction && (code == xactCommit || code == xactAbort), info&xactHasInfo != 0
}

// IsAssignment reports whether a record says whose some subtransactions are.
func IsAssignment(id rmgr.ID, info byte) bool {
	return id == rmgr.Transaction && info&xactCode == xactAssignment
}

var transactionRows = []row{
	code(xactCommit, v95, newest, (*Printer).commit),
	code(xactCommitPrepared, v95, newest, (*Printer).commit),
	code(xactAbort, v95, newest, (*Printer).abort),
	code(xactAbortPrepared, v95, newest, (*Printer).abort),
	code(xactPrepare, v13, newest, (*Printer).prepare), // empty up to 12
	code(xactAssignment, v95, newest, (*Printer).assignment),
	code(xactInvalidation, v14, newest, (*Printer).invalidation),
}

// An xactForm is what versions have in the data of commits and aborts, and print of it.
type xactForm struct {
	gid         bool // a commit or abort of a prepared transaction may name it
	abortInfo   bool // an abort has a database and an origin, too
	statsSize   int  // bytes of a dropped statistics entry; 0 without them
	feedback    bool // apply_feedback is printed
	abortOrigin bool // an abort's origin is printed
}

var xactForms = byVersion(
	span[xactForm]{v95, v10, xactForm{}},
	span[xactForm]{v11, v14, xactForm{gid: true, abortInfo: true}},
	span[xactForm]{v15, v17, xactForm{gid: true, abortInfo: true, statsSize: 12, feedback: true, abortOrigin: true}},
	span[xactForm]{v18, newest, xactForm{gid: true, abortInfo: true, statsSize: 16, feedback: true, abortOrigin: true}},
)

// Bits of xinfo: which parts there are, and what the commit asked for.
const (
	xinfoDatabase  = 1 << 0
	xinfoSubxacts  = 1 << 1
	xinfoRelations = 1 << 2
	xinfoMessages  = 1 << 3
	xinfoTwoPhase  = 1 << 4
	xinfoOrigin    = 1 << 5
	xinfoGID       = 1 << 7
	xinfoStats     = 1 << 8
	xinfoFeedback  = 1 << 29
	xinfoInitFile  = 1 << 30
	xinfoSync      = 1 << 31
)

// hasXinfo is the bit of xl_info that says that xinfo follows the time.
const hasXinfo = 0x80

// An xact holds the parts of a commit or an abort. They follow one another without
// padding.
type xact struct {
	time                            int64
	xinfo                           uint32
	database, tablespace            uint32
	subxacts, rels, stats, messages []byte
	twoPhase                        uint32
	originLSN                       uint64
	originTime                      int64
}

// readXact reads the parts. An abort has no messages; before 11 it has no database and
// no origin either.
func (p *Printer) readXact(isAbort bool, form *xactForm) (x xact) {
	c := &p.main
	x.time = int64(c.u64("xact_time"))
	if p.record.Info&hasXinfo == 0 {
		return x
	}
	x.xinfo = c.u32("xinfo")
	if x.xinfo&xinfoDatabase != 0 && (!isAbort || form.abortInfo) {
		x.database, x.tablespace = c.u32("dbId"), c.u32("tsId")
	}
	if x.xinfo&xinfoSubxacts != 0 {
		x.subxacts = c.list("subxacts", int64(c.i32("nsubxacts")), 4)
	}
	if x.xinfo&xinfoRelations != 0 {
		x.rels = c.list("xnodes", int64(c.i32("nrels")), relationSize)
	}
	if x.xinfo&xinfoStats != 0 && form.statsSize > 0 {
		x.stats = c.list("stats", int64(c.i32("nitems")), form.statsSize)
	}
	if x.xinfo&xinfoMessages != 0 && !isAbort {
		x.messages = c.list("msgs", int64(c.i32("nmsgs")), messageSize)
	}
	if x.xinfo&xinfoTwoPhase != 0 {
		x.twoPhase = c.u32("twophase_xid")
		if x.xinfo&xinfoGID != 0 && form.gid {
			c.cstring("twophase_gid")
		}
	}
	if x.xinfo&xinfoOrigin != 0 && (!isAbort || form.abortInfo) {
		x.originLSN, x.originTime = c.u64("origin_lsn"), int64(c.u64("origin_timestamp"))
	}
	return x
}

const relationSize = 12

// commit prints COMMIT and COMMIT_PREPARED.
func (p *Printer) commit(dst []byte) []byte {
	form := &xactForms[p.version]
	x := p.readXact(false, form)
	dst = p.xactStart(dst, &x)
	dst = appendStats(dst, "; dropped stats:", x.stats, form.statsSize)
	dst = p.appendInvalidations(dst, x.messages, x.database, x.tablespace, x.xinfo&xinfoInitFile != 0)
	if x.xinfo&xinfoFeedback != 0 && form.feedback {
		dst = append(dst, "; apply_feedback"...)
	}
	if x.xinfo&xinfoSync != 0 {
		dst = append(dst, "; sync"...)
	}
	if x.xinfo&xinfoOrigin != 0 {
		dst = p.appendOrigin(dst, x.originLSN, x.originTime)
	}
	return dst
}

// abort prints ABORT and ABORT_PREPARED. The origin comes before the statistics.
func (p *Printer) abort(dst []byte) []byte {
	form := &xactForms[p.version]
	x := p.readXact(true, form)
	dst = p.xactStart(dst, &x)
	if x.xinfo&xinfoOrigin != 0 && form.abortOrigin {
		dst = p.appendOrigin(dst, x.originLSN, x.originTime)
	}
	return appendStats(dst, "; dropped stats:", x.stats, form.statsSize)
}

// xactStart appends what commits and aborts begin with.
func (p *Printer) xactStart(dst []byte, x *xact) []byte {
	if x.twoPhase != 0 {
		dst = append(appendUint(dst, uint64(x.twoPhase)), ": "...)
	}
	dst = p.zone.append(dst, x.time)
	if len(x.rels) > 0 {
		dst = p.appendPaths(append(dst, "; rels:"...), x.rels)
	}
	if len(x.subxacts) > 0 {
		dst = appendEach(append(dst, "; subxacts:"...), x.subxacts)
	}
	return dst
}

// appendStats appends dropped statistics entries as kind/database/object; nothing
// if the list is empty. Entries of 16 bytes have an object of 64 bits, low half first.
func appendStats(dst []byte, heading string, list []byte, size int) []byte {
	if len(list) == 0 {
		return dst
	}
	dst = append(dst, heading...)
	for ; len(list) > 0; list = list[size:] {
		dst = appendInt(append(dst, ' '), int64(int32(load32(list, 0))))
		dst = appendUint(append(dst, '/'), uint64(load32(list, 1)))
		object := uint64(load32(list, 2))
		if size == 16 {
			object |= uint64(load32(list, 3)) << 32
		}
		dst = appendUint(append(dst, '/'), object)
	}
	return dst
}

// appendOrigin appends the replication origin; its number stands in the record's
// header.
func (p *Printer) appendOrigin(dst []byte, lsn uint64, micros int64) []byte {
	dst = appendUint(append(dst, "; origin: node "...), uint64(p.record.Origin))
	dst = p.appendLSN(append(dst, ", lsn "...), lsn)
	return p.zone.append(append(dst, ", at "...), micros)
}

func (p *Printer) assignment(dst []byte) []byte {
	c := &p.main
	dst = appendUint(append(dst, "xtop "...), uint64(c.u32("xtop")))
	list := c.list("xsub", int64(c.i32("nsubxacts")), 4)
	return appendEach(append(dst, ": subxacts:"...), list)
}

func (p *Printer) invalidation(dst []byte) []byte {
	c := &p.main
	return p.appendInvalidations(dst, c.list("msgs", int64(c.i32("nmsgs")), messageSize), 0, 0, false)
}
