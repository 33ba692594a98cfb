package parser

import (
	"math"
	"math/bits"
)

type extentFlags uint8

const (
	flagBkp      extentFlags = 1 << iota // 9.3 and 9.4: `bkp: 0000, ` before `desc: `
	flagUserText                         // the text is a user's, to the end of the record
	flagXIDRange                         // tx does not fit 32 bits
	flagRecRange                         // rec does not fit 32 bits
	flagTotRange                         // tot does not fit 32 bits
	flagDetails                          // block references on lines of their own (--bkp-details)
	flagImage                            // a block reference, or a digit of bkp, says that there is an image
)

// An extent is one record as [Index.Scan] found it: where it lies in the text,
// and its fixed part decoded. Offsets count from the start of the text.
type extent struct {
	startLSN, prevLSN uint64
	begin             uint32 // of `rmgr: `
	desc              uint32 // after `desc: `
	end               uint32 // of the text, without the line end and the blanks before it
	refs              uint32 // of the first `blkref #`; with flagDetails, the end of the last --bkp-details line; 0 for none
	xid, rec, tot     uint32
	nameLen           uint16 // of the resource manager's name, which begins at begin+6
	flags             extentFlags
}

// textEnd returns where the description ends: before the block references.
func (e *extent) textEnd() uint32 {
	if e.refs == 0 || e.flags&flagDetails != 0 {
		return e.end
	}
	return e.refs - uint32(len(", "))
}

// lastByte returns the end of the record's last line.
func (e *extent) lastByte() uint32 {
	if e.flags&flagDetails != 0 {
		return e.refs
	}
	return e.end
}

// fpiLength returns how many bytes of the record are full-page images. Where the
// text says that it has none, what tot has more than rec is something else: before
// 9.5.8 and 9.6.4 rec is the main data alone.
func (e *extent) fpiLength() uint32 {
	images := e.tot - e.rec
	if images == 0 || e.flags&flagImage != 0 {
		return images
	}
	if e.flags&flagBkp != 0 || e.refs != 0 || images == recordHeader || overheadFits(int(e.tot), int(e.rec)) {
		return 0
	}
	return images // the line was cut before its block references
}

// isCut reports whether the record has an image and no block reference.
func (e *extent) isCut() bool {
	return e.refs == 0 && e.flags&(flagBkp|flagRecRange|flagTotRange) == 0 && e.tot > e.rec && e.fpiLength() > 0
}

// name returns the resource manager's name.
func (e *extent) name(text []byte) []byte {
	begin := e.begin + uint32(len("rmgr: "))
	return text[begin : begin+uint32(e.nameLen)]
}

// The fixed words of a record line, as the machine loads them.
var (
	wordLenRec = word("len (rec")
	wordRecTot = word("c/tot): ")
	wordTx     = word(", tx: ")
	wordLSN    = word(", lsn: ")
	wordPrev   = word(", prev ")
	wordDesc   = word(", desc: ")
)

// fastHeader is how far header may look without asking where the text ends: the
// longest fixed part of the usual widths, and a word more.
const fastHeader = 128

// header tests whether line begins with a record's fixed part, up to and with
// `desc: `, and decodes it into e: all but begin and end; desc is relative to
// line. The line may go on after it.
//
// The test is that of the expression
//
//	^rmgr: (\S+) +len \(rec/tot\): +(\d+)/ *(\d+), tx: +(\d+), lsn: ([0-9A-F]{1,8})/([0-9A-F]{8}),
//	 prev ([0-9A-F]{1,8})/([0-9A-F]{8}), (bkp: [01]{4}, )?desc:·
//
// c has to know the header read last, or none; it will know this one.
//
// Lines of the usual widths take a path without a loop. Every other line goes
// the long way, headerSlow.
func header(line []byte, e *extent, c *lsnCache) bool {
	if !hasPrefix(line, "rmgr: ") {
		return false
	}
	if len(line) >= fastHeader && headerFast(line[:fastHeader], e, c) {
		return true
	}
	return headerSlow(line, e) == nil
}

// isHeader reports whether line begins with a record's fixed part, and decodes it as
// header does, without a line before it.
func isHeader(line []byte, e *extent) bool {
	c := noLSN
	return header(line, e, &c)
}

// headerFast does header's work for lines of the usual widths and returns false for
// others. b has fastHeader bytes.
func headerFast(b []byte, e *extent, c *lsnCache) bool {
	_ = b[fastHeader-1]
	name := load64(b[6:])
	x := name ^ blanks
	n := bits.TrailingZeros64((x-ones)&^x&highs) / 8 // the first blank
	if load64(b[18:]) != wordLenRec || load64(b[25:]) != wordRecTot || (name-blanks)&^name&highs != 0 {
		return false
	}
	if n < 8 {
		if n == 0 || x>>(8*n) != 0 || load64(b[10:])>>32 != blanks>>32 {
			return false
		}
	} else {
		for n < 11 && b[6+n] > ' ' {
			n++
		}
		for i := n; i < 12; i++ {
			if b[6+i] != ' ' {
				return false
			}
		}
	}
	const pad = blanks & 0xFFFF // in place of the two characters before a field of six
	recText, totText := load64(b[31:])>>16, load64(b[38:])>>16
	rec, ok := decimal8(recText<<16 | pad)
	if !ok || b[39] != '/' || load64(b[46:])&low48 != wordTx || load64(b[62:])&low56 != wordLSN {
		return false
	}
	tot := rec
	if totText != recText { // no image: the two are the same text
		if tot, ok = decimal8(totText<<16 | pad); !ok {
			return false
		}
	}
	e.flags = 0
	// A transaction's records follow each other, so most lines have the xid of the line before.
	xid := c.xid
	if low := load64(b[54:]); low != c.xidText || load64(b[46:])>>48 != blanks>>48 {
		if xid, ok = decimal8(low); !ok {
			return false
		}
		if b[53] != ' ' || b[52] != ' ' { // nine or ten digits
			if !isDigit(b[53]) || !isDigit(b[54]) || b[52] != ' ' && !isDigit(b[52]) {
				return false
			}
			xid += uint64(b[53]&15)*1e8 + uint64(b[52]&15)*1e9
			if xid > math.MaxUint32 {
				return false
			}
		} else {
			c.xid, c.xidText = xid, low
		}
	}
	const lsn = 69
	var start uint64
	i := lsn + c.digits + len("/12345678")
	if lo, ok := hex8(load64(b[lsn+c.digits+1:])); ok && (load64(b[lsn:])^c.high)&c.mask == 0 {
		start = c.lsn&^math.MaxUint32 | lo
	} else if start, i, ok = lsnAt(b, lsn); !ok {
		return false
	}
	if load64(b[i:])&low56 != wordPrev {
		return false
	}
	i += len(", prev ")
	prev := c.lsn
	if (load64(b[i:])^c.high)&c.mask == 0 && load64(b[i+c.digits+1:]) == c.low {
		i += c.digits + len("/12345678")
	} else if prev, i, ok = lsnAt(b, i); !ok {
		return false
	}
	if load64(b[i:]) != wordDesc {
		return false
	}
	c.set(b[lsn:], start)
	e.startLSN, e.prevLSN = start, prev
	e.rec, e.tot, e.xid = uint32(rec), uint32(tot), uint32(xid)
	e.desc = uint32(i + len(", desc: "))
	e.nameLen = uint16(n)
	e.refs = 0
	return true
}

// An lsnCache knows the LSN of the record before: most of the next line's two
// are the same text, and the rest begins alike. Start with noLSN.
type lsnCache struct {
	lsn       uint64
	high, low uint64 // its text: from the first digit on, and the eight last digits
	digits    int    // of the high half
	mask      uint64 // the bytes of the high half and the slash

	xid, xidText uint64 // a transaction id of up to eight digits, and its text
}

// noLSN compares equal to no text: the seven bytes that both words cover differ.
// Its transaction id is a real one, so a line that has it is read right.
var noLSN = lsnCache{high: ^uint64(0), low: 0, mask: ^uint64(0), xid: 0, xidText: word("       0")}

// set remembers the LSN that b begins with.
func (c *lsnCache) set(b []byte, lsn uint64) {
	c.lsn = lsn
	c.high = load64(b)
	n := slash(c.high)
	if n == 8 {
		// Too long to compare in one word: no text is like this one.
		c.high, c.low, c.mask, c.digits = noLSN.high, noLSN.low, noLSN.mask, noLSN.digits
		return
	}
	c.digits = n
	c.mask = 1<<(8*n+8) - 1
	c.low = load64(b[n+1:])
}

func isDigit(c byte) bool { return c-'0' <= 9 }

// lsnAt decodes the LSN at b[i:] and says where it ends.
func lsnAt(b []byte, i int) (lsn uint64, end int, ok bool) {
	x := load64(b[i:])
	n := slash(x)
	if n == 0 || n == 8 && b[i+8] != '/' {
		return 0, i, false
	}
	// The digits move to the end of the word, zeros before them.
	hi, ok1 := hex8(x<<(64-8*n) | zeros>>(8*n))
	lo, ok2 := hex8(load64(b[i+n+1:]))
	return hi<<32 | lo, i + n + 9, ok1 && ok2
}

// headerSlow does header's work for any widths. Its error has the first part that was
// expected and is missing.
func headerSlow(line []byte, e *extent) *Error {
	c := cursor{line: line}
	c.literal("rmgr: ")
	name := c.at
	for c.at < len(line) && !isSpace(line[c.at]) && c.at-name <= math.MaxUint16 {
		c.at++
	}
	if n := c.at - name; n == 0 || n > math.MaxUint16 {
		c.fail("the name of a resource manager")
	}
	nameLen := c.at - name
	c.literal(" ")
	c.blanks()
	c.literal("len (rec/tot): ")
	c.blanks()
	rec, recOK := c.decimal()
	c.literal("/")
	c.blanks()
	tot, totOK := c.decimal()
	c.literal(", tx: ")
	c.blanks()
	xid, xidOK := c.decimal()
	c.literal(", lsn: ")
	start := c.lsn()
	c.literal(", prev ")
	prev := c.lsn()
	var flags extentFlags
	if c.err == nil && hasPrefix(line[c.at:], ", bkp: ") {
		c.literal(", bkp: ")
		for range 4 {
			if c.at < len(line) && line[c.at]&^1 == '0' {
				if line[c.at] == '1' {
					flags |= flagImage
				}
				c.at++
			} else {
				c.fail("four digits 0 or 1")
			}
		}
		flags |= flagBkp
	}
	c.literal(", desc: ")
	if c.err != nil {
		return c.err
	}
	if !recOK {
		flags |= flagRecRange
	}
	if !totOK {
		flags |= flagTotRange
	}
	if !xidOK {
		flags |= flagXIDRange
	}
	*e = extent{
		startLSN: start, prevLSN: prev,
		rec: rec, tot: tot, xid: xid,
		desc: uint32(c.at), nameLen: uint16(nameLen), flags: flags,
	}
	return nil
}
