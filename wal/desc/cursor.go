package desc

import (
	"bytes"
	"encoding/binary"
	"math"
)

// A cursor reads little-endian fields in order from main data or block data. The
// first field that does not fit is kept in field and need; later reads return zero.
type cursor struct {
	buf   []byte
	pos   int
	field string
	need  int // 0 while everything fits
	value int64
	allow string
}

func (c *cursor) reset(buf []byte) { *c = cursor{buf: buf} }

func (c *cursor) failed() bool { return c.need > 0 || c.allow != "" }

// take returns the next n bytes, or nil if they are not there.
func (c *cursor) take(field string, n int) []byte {
	if c.failed() {
		return nil
	}
	if n < 0 || n > len(c.buf)-c.pos {
		c.short(field, n)
		return nil
	}
	b := c.buf[c.pos : c.pos+n]
	c.pos += n
	return b
}

func (c *cursor) short(field string, n int) {
	c.field, c.need = field, math.MaxInt
	if n >= 0 && n < math.MaxInt-c.pos {
		c.need = c.pos + n
	}
}

// list returns the next n elements of size bytes; none if n <= 0.
func (c *cursor) list(field string, n int64, size int) []byte {
	if n <= 0 {
		return nil
	}
	if n > int64(math.MaxInt/size) {
		n = int64(math.MaxInt / size)
	}
	return c.take(field, int(n)*size)
}

// rest returns the bytes up to the end.
func (c *cursor) rest() []byte { return c.take("", len(c.buf)-c.pos) }

// at moves the cursor to byte n.
func (c *cursor) at(n int) *cursor {
	c.pos = min(n, len(c.buf))
	return c
}

// skip moves n bytes on.
func (c *cursor) skip(field string, n int) { c.take(field, n) }

func (c *cursor) u8(field string) uint8 {
	if b := c.take(field, 1); b != nil {
		return b[0]
	}
	return 0
}

func (c *cursor) u16(field string) uint16 {
	if b := c.take(field, 2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

func (c *cursor) u32(field string) uint32 {
	if b := c.take(field, 4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (c *cursor) u64(field string) uint64 {
	if b := c.take(field, 8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func (c *cursor) i32(field string) int32 { return int32(c.u32(field)) }

// cstring returns the bytes up to the next NUL and moves after it.
func (c *cursor) cstring(field string) []byte {
	if c.failed() {
		return nil
	}
	n := bytes.IndexByte(c.buf[c.pos:], 0)
	if n < 0 {
		c.short(field, len(c.buf)-c.pos+1)
		return nil
	}
	return c.take(field, n+1)[:n]
}

// refuse marks a value that the field must not have.
func (c *cursor) refuse(field string, value int64, allowed string) {
	if !c.failed() {
		c.field, c.value, c.allow = field, value, allowed
	}
}

func (c *cursor) errorOf(r *Record, block bool) *Error {
	return &Error{
		Version: r.Version, RMID: r.RMID, Info: r.Info, LSN: r.LSN, Block: block,
		Field: c.field, Need: c.need, Have: len(c.buf), Value: c.value, Allowed: c.allow,
	}
}

// load16, load32 and load64 read element i of a list.
func load16(b []byte, i int) uint16 { return binary.LittleEndian.Uint16(b[2*i:]) }
func load32(b []byte, i int) uint32 { return binary.LittleEndian.Uint32(b[4*i:]) }
