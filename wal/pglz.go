package wal

import "errors"

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
