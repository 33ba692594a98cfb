package wal

import (
	"errors"

	"walstats/record"
)

// errPGLZ is the error for bytes that are not pglz, or not of the size that they
// should decompress to.
var errPGLZ = errors.New("not valid pglz")

// decompressPGLZ decompresses src into dst and fills it, as pglz_decompress does
// (src/common/pg_lzcompress.c): a control byte has a bit an item, the lowest first. 0
// is one literal byte; 1 is a tag of two or three bytes, a length and how far back to
// copy from.
func decompressPGLZ(dst, src []byte) error {
	at, out := 0, 0
	for at < len(src) && out < len(dst) {
		control := src[at]
		at++
		for bit := 0; bit < 8 && at < len(src) && out < len(dst); bit++ {
			if control>>bit&1 == 0 {
				dst[out] = src[at]
				at++
				out++
				continue
			}
			if at+2 > len(src) {
				return errPGLZ
			}
			length := int(src[at]&0x0F) + 3
			offset := int(src[at]&0xF0)<<4 | int(src[at+1])
			at += 2
			if length == 18 {
				if at == len(src) {
					return errPGLZ
				}
				length += int(src[at])
				at++
			}
			if offset == 0 || offset > out {
				return errPGLZ
			}
			// A last match may be longer than what is wanted.
			length = min(length, len(dst)-out)
			if offset >= length {
				out += copy(dst[out:out+length], dst[out-offset:])
				continue
			}
			for range length { // it repeats itself
				dst[out] = dst[out-offset]
				out++
			}
		}
	}
	if at != len(src) || out != len(dst) {
		return errPGLZ
	}
	return nil
}

// The numbers of PGLZ_strategy_default, and of the format (src/common/pg_lzcompress.c).
const (
	pglzMinInput     = 32   // bytes: shorter input is not compressed
	pglzMinRate      = 25   // percent that must be saved
	pglzFirstSuccess = 1024 // bytes of output without a match: then it is given up
	pglzGoodMatch    = 128  // bytes: a match so long ends the search
	pglzGoodDrop     = 10   // percent that this gets less with each match looked at
	pglzMaxMatch     = 273
	pglzMaxOffset    = 0x0FFE
	pglzLongTag      = 18 // bytes: a match so long has a tag of three bytes
)

// A pglzSizer tells how small pglz makes images. Its memory is used again.
type pglzSizer struct {
	heads [8192]uint16             // by hash: 1 + the newest position that has it
	older [record.BlockSize]uint16 // by position: 1 + the one before with its hash
}

// size returns the length of what pglz_compress makes of src, at most a page, with its
// default strategy; false if it gives up, as too little is saved.
func (z *pglzSizer) size(src []byte) (int, bool) {
	if len(src) < pglzMinInput {
		return 0, false
	}
	limit := len(src) * (100 - pglzMinRate) / 100
	slots := len(z.heads)
	for slots > 512 && len(src) < slots/8 {
		slots /= 2
	}
	mask := uint32(slots - 1)
	clear(z.heads[:slots])

	size, items := 0, 0
	matched := false
	for at := 0; at < len(src); items++ {
		if size >= limit || !matched && size >= pglzFirstSuccess {
			return 0, false
		}
		if items%8 == 0 {
			size++ // a control byte
		}
		length := z.longest(src, at, mask)
		switch {
		case length < 3:
			length = 1
			size++
		case length < pglzLongTag:
			size += 2
			matched = true
		default:
			size += 3
			matched = true
		}
		for end := at + length; at < end; at++ {
			slot := pglzHash(src, at) & mask
			z.older[at], z.heads[slot] = z.heads[slot], uint16(at+1)
		}
	}
	return size, size < limit
}

// longest returns the length of the match that pglz_find_match takes for src[at:]; it looks
// from the newest to the oldest, and is content with less the longer it takes.
func (z *pglzSizer) longest(src []byte, at int, mask uint32) (best int) {
	want := src[at:min(len(src), at+pglzMaxMatch)]
	good := pglzGoodMatch
	for from := int(z.heads[pglzHash(src, at)&mask]); from != 0 && at-(from-1) <= pglzMaxOffset; {
		there := src[from-1:]
		if best < len(want) && there[best] == want[best] { // else it is no longer one
			n := 0
			for n < len(want) && there[n] == want[n] {
				n++
			}
			best = max(best, n)
		}
		if from = int(z.older[from-1]); from != 0 {
			if best >= good {
				break
			}
			good -= good * pglzGoodDrop / 100
		}
	}
	return best
}

// pglzHash hashes the four bytes at a place, signed as x86's C takes them; of the last three
// each by itself.
func pglzHash(src []byte, at int) uint32 {
	if at+4 > len(src) {
		return uint32(int8(src[at]))
	}
	b := src[at : at+4]
	return uint32(int8(b[0]))<<6 ^ uint32(int8(b[1]))<<4 ^ uint32(int8(b[2]))<<2 ^ uint32(int8(b[3]))
}
