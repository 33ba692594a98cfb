package desc

import "walstats/record"

var forkNames = [16]string{"main", "fsm", "vm", "init"}

// verification is what follows FPW where the image is not applied at replay. Before 10
// every image is.
var verification = byVersion(span[string]{v10, newest, " for WAL verification"})

// namesMethod says in which versions -b names the compression method.
var namesMethod = byVersion(span[bool]{v15, newest, true})

// AppendBlockRefs appends the record's block references as pg_waldump of r.Version
// prints them: ", blkref #0: rel 1663/5/16384 blk 3 FPW" for each; with detailed, as
// with -b, a line for each that begins with a tab and ends with a newline.
func AppendBlockRefs(dst []byte, r *Record, detailed bool) []byte {
	for i := range r.Blocks {
		b := &r.Blocks[i]
		switch {
		case detailed:
			dst = append(appendUint(append(dst, "\tblkref #"...), uint64(b.ID)), ": rel "...)
		case b.ID < 10:
			const open = ", blkref #0: rel "
			dst = append(dst, open...)
			dst[len(dst)-len("0: rel ")] += b.ID
		default:
			dst = append(appendUint(append(dst, ", blkref #"...), uint64(b.ID)), ": rel "...)
		}
		dst = appendRel(dst, b.Tablespace, b.Database, b.Relation)
		if detailed || b.Fork != 0 {
			dst = append(append(dst, " fork "...), forkNames[b.Fork&15]...)
		}
		dst = appendUint(append(dst, " blk "...), uint64(b.Number))
		if b.Flags&HasImage != 0 {
			dst = appendImage(dst, r, b, detailed)
		}
		if detailed {
			dst = append(dst, '\n')
		}
	}
	return dst
}

func appendImage(dst []byte, r *Record, b *Block, detailed bool) []byte {
	open := " FPW"
	if detailed {
		open = " (FPW"
	}
	dst = append(dst, open...)
	if b.Flags&Apply == 0 {
		dst = append(dst, verification[r.Version]...)
	}
	if !detailed {
		return dst
	}
	dst = appendUint(append(dst, "); hole: offset: "...), uint64(b.HoleOffset))
	dst = appendUint(append(dst, ", length: "...), uint64(b.HoleLength))
	if b.Method == Plain {
		return dst
	}
	saved := record.BlockSize - uint32(b.HoleLength) - uint32(b.ImageLength)
	dst = appendUint(append(dst, ", compression saved: "...), uint64(saved))
	if namesMethod[r.Version] {
		dst = append(append(dst, ", method: "...), b.Method.String()...)
	}
	return dst
}
