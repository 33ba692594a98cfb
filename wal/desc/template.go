package desc

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A kind tells how a field of a template is read and printed.
type kind uint8

const (
	kindNone      kind = iota // literal text only
	kindU8                    // %u of one byte
	kindU16                   // %u
	kindU32                   // %u
	kindU64                   // %u
	kindI8                    // %d
	kindI32                   // %d
	kindI64                   // %d
	kindX8                    // %02X of one byte
	kindG64                   // %g of a double
	kindF64                   // %f of a double
	kindLetter                // T or F
	kindWord                  // true or false
	kindSwitch                // on or off
	kindDigit                 // 0 or 1
	kindIf                    // the text in quotes where the byte, or its bits after &, are set
	kindLSN                   // a position, as that version prints one in a text
	kindTime                  // a timestamp, in the Printer's zone
	kindPair                  // u64 as %u:%u, high half first: a full transaction id
	kindRel                   // three u32 as %u/%u/%u
	kindPath                  // three u32 as the path of a relation's main fork
	kindFork                  // three u32 and the fork as the path of a relation
	kindBlock                 // a block number of two u16, high half first
	kindInfobits              // the infobits' words, a blank after each (up to 15)
	kindList                  // the infobits' words with commas between (16 and later)
	kindLevel                 // wal_level
	kindChecksums             // the state of data checksums
	kindString                // bytes up to NUL
)

// kinds has the name of each in a template, and the number of bytes that it reads.
var kinds = map[string]struct {
	kind kind
	size int
}{
	"u8": {kindU8, 1}, "u16": {kindU16, 2}, "u32": {kindU32, 4}, "u64": {kindU64, 8},
	"i8": {kindI8, 1}, "i32": {kindI32, 4}, "i64": {kindI64, 8},
	"x8": {kindX8, 1}, "g64": {kindG64, 8}, "f64": {kindF64, 8},
	"letter": {kindLetter, 1}, "word": {kindWord, 1}, "switch": {kindSwitch, 1}, "digit": {kindDigit, 1}, "if": {kindIf, 1},
	"lsn": {kindLSN, 8}, "time": {kindTime, 8}, "pair": {kindPair, 8},
	"rel": {kindRel, 12}, "path": {kindPath, 12}, "fork": {kindFork, 16}, "block": {kindBlock, 4},
	"infobits": {kindInfobits, 1}, "list": {kindList, 1},
	"level": {kindLevel, 4}, "checksums": {kindChecksums, 4}, "string": {kindString, 1},
}

// A program holds a row's template, ready to run, and its function.
type program struct {
	ops  []op
	need int // bytes of main data that the fields take
	data int // bytes of block data that they take
	code func(*Printer, []byte) []byte
}

// An op holds literal text and the field that follows it.
type op struct {
	literal string
	kind    kind
	block   bool // the field is in the block data
	bits    byte // the bits that count, for letter and if
	offset  int
	size    int
	word    string // what if prints
	name    string
}

// compile turns "off {offnum u16@0}" into a program. A field is {name kind@byte}; a
// kind after "data:" is read from the block data of block 0; "@8&2" looks at bit 2 of
// byte 8; an if is {name if@byte "text"}. A mistake in a template panics at start.
func compile(template string) *program {
	p := &program{}
	for template != "" {
		literal, rest, found := strings.Cut(template, "{")
		if !found {
			p.ops = append(p.ops, op{literal: literal})
			break
		}
		field, after, closed := strings.Cut(rest, "}")
		o := op{literal: literal}
		if !closed || !o.parse(field) {
			panic(fmt.Sprintf("desc: field {%s of %q", field, template))
		}
		if o.block {
			p.data = max(p.data, o.offset+o.size)
		} else {
			p.need = max(p.need, o.offset+o.size)
		}
		p.ops = append(p.ops, o)
		template = after
	}
	return p
}

func (o *op) parse(field string) bool {
	name, how, _ := strings.Cut(field, " ")
	how, quoted, _ := strings.Cut(how, ` "`)
	how, o.block = strings.CutPrefix(how, "data:")
	kind, place, _ := strings.Cut(how, "@")
	place, bits, some := strings.Cut(place, "&")
	o.name, o.bits, o.word = name, 0xFF, strings.TrimSuffix(quoted, `"`)
	if some {
		n, err := strconv.ParseUint(bits, 0, 8)
		if err != nil {
			return false
		}
		o.bits = byte(n)
	}
	k, known := kinds[kind]
	o.kind, o.size = k.kind, k.size
	var err error
	o.offset, err = strconv.Atoi(place)
	return known && err == nil && (kind == "if") == (o.word != "")
}

// missing marks the first field that goes past the end of the data.
func (p *program) missing(c *cursor, block bool) {
	for i := range p.ops {
		if o := &p.ops[i]; o.kind != kindNone && o.block == block && o.offset+o.size > len(c.buf) {
			c.at(o.offset).short(o.name, o.offset+o.size-c.pos)
			return
		}
	}
}

// run appends the template's text. The caller has made sure that the data is long
// enough.
func (p *Printer) run(dst []byte, ops []op) []byte {
	for i := range ops {
		o := &ops[i]
		dst = append(dst, o.literal...)
		if o.kind == kindNone {
			break
		}
		c := &p.main
		if o.block {
			c = &p.data
		}
		b := c.buf[o.offset:]
		switch o.kind {
		case kindU16:
			dst = appendUint(dst, uint64(binary.LittleEndian.Uint16(b)))
		case kindU32:
			dst = appendUint(dst, uint64(binary.LittleEndian.Uint32(b)))
		case kindX8:
			dst = appendHex2(dst, b[0])
		case kindInfobits:
			dst = append(dst, infobits[b[0]&0x1F]...)
		case kindList:
			dst = append(dst, infobitList[b[0]&0x1F]...)
		case kindIf:
			if b[0]&o.bits != 0 {
				dst = append(dst, o.word...)
			}
		case kindLetter:
			dst = appendLetter(dst, b[0]&o.bits != 0)
		case kindU8:
			dst = appendUint(dst, uint64(b[0]))
		case kindU64:
			dst = appendUint(dst, binary.LittleEndian.Uint64(b))
		case kindI8:
			dst = appendInt(dst, int64(int8(b[0])))
		case kindI32:
			dst = appendInt(dst, int64(int32(binary.LittleEndian.Uint32(b))))
		case kindI64:
			dst = appendInt(dst, int64(binary.LittleEndian.Uint64(b)))
		case kindG64:
			dst = appendFloat(dst, 'g', binary.LittleEndian.Uint64(b))
		case kindF64:
			dst = appendFloat(dst, 'f', binary.LittleEndian.Uint64(b))
		case kindWord:
			dst = appendWord(dst, b[0] != 0, "true", "false")
		case kindSwitch:
			dst = appendWord(dst, b[0] != 0, "on", "off")
		case kindDigit:
			dst = appendWord(dst, b[0] != 0, "1", "0")
		case kindLSN:
			dst = p.appendLSN(dst, binary.LittleEndian.Uint64(b))
		case kindTime:
			dst = p.zone.append(dst, int64(binary.LittleEndian.Uint64(b)))
		case kindPair:
			dst = appendPair(dst, binary.LittleEndian.Uint64(b))
		case kindRel:
			dst = appendRel(dst, load32(b, 0), load32(b, 1), load32(b, 2))
		case kindPath:
			dst = p.appendPath(dst, b)
		case kindFork:
			dst = p.appendFork(dst, o.name, b)
		case kindBlock:
			dst = appendUint(dst, uint64(load16(b, 0))<<16|uint64(load16(b, 1)))
		case kindLevel:
			dst = append(dst, levelName(p.version, load32(b, 0))...)
		case kindChecksums:
			dst = append(dst, checksumsName(load32(b, 0))...)
		case kindString:
			n := bytes.IndexByte(b, 0)
			if n < 0 {
				c.at(o.offset).short(o.name, len(b)+1)
				return dst
			}
			dst = append(dst, b[:n]...)
		}
	}
	return dst
}

func appendWord(dst []byte, set bool, yes, no string) []byte {
	if set {
		return append(dst, yes...)
	}
	return append(dst, no...)
}

func appendLetter(dst []byte, set bool) []byte {
	if set {
		return append(dst, 'T')
	}
	return append(dst, 'F')
}

// appendFloat appends the double as C's %g or %f prints it.
func appendFloat(dst []byte, format byte, bits uint64) []byte {
	v := math.Float64frombits(bits)
	switch {
	case math.IsNaN(v) && bits>>63 != 0:
		return append(dst, "-nan"...)
	case math.IsNaN(v):
		return append(dst, "nan"...)
	case math.IsInf(v, 1):
		return append(dst, "inf"...)
	case math.IsInf(v, -1):
		return append(dst, "-inf"...)
	}
	return strconv.AppendFloat(dst, v, format, 6, 64)
}

// appendRel appends tablespace/database/relfilenode.
func appendRel(dst []byte, tablespace, database, relation uint32) []byte {
	dst = append(appendUint(dst, uint64(tablespace)), '/')
	dst = append(appendUint(dst, uint64(database)), '/')
	return appendUint(dst, uint64(relation))
}
