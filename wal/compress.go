package wal

import (
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"walstats/record"
	"walstats/wal/desc"
)

// A Compressor tells how long full-page images are with each wal_compression. Its memory
// is used again; the zero Compressor is ready.
type Compressor struct {
	images Images
	pglz   pglzSizer
	lz4    lz4.Compressor
	zstd   *zstd.Encoder
	out    []byte
}

// ImageLengths are how many bytes of a record an image takes, by method.
type ImageLengths [desc.Zstd + 1]int

// compressHeader is how much longer a compressed image's header is if there is a hole
// (SizeOfXLogRecordBlockCompressHeader).
const compressHeader = 2

// LengthNow returns how many bytes of its record the image of a block takes: those of the
// image, and of the header that only compressed ones have.
func LengthNow(b *desc.Block) int {
	n := int(b.ImageLength)
	if b.Method != desc.Plain && b.HoleLength > 0 {
		n += compressHeader
	}
	return n
}

// Lengths returns how long the image of block i would be with each method, as
// XLogCompressBackupBlock decides (src/backend/access/transam/xloginsert.c): what does not
// get shorter stays as it is. pglz is exact; lz4 and zstd are other programs than
// PostgreSQL's, and within 3 %. The error is an [*ImageError].
func (c *Compressor) Lengths(r *desc.Record, i int) (all ImageLengths, err error) {
	b := &r.Blocks[i]
	image, err := c.images.content(r, b)
	if err != nil {
		return all, err
	}
	extra := 0
	if len(image) < record.BlockSize {
		extra = compressHeader
	}
	all = ImageLengths{len(image), len(image), len(image), len(image)}
	use := func(method desc.Compression, n int) { all[method] = min(all[method], n+extra) }
	if n, ok := c.pglz.size(image); ok {
		use(desc.PGLZ, n)
	}
	if c.zstd == nil {
		c.out = make([]byte, lz4.CompressBlockBound(record.BlockSize))
		// Of the levels here, this is closest to zstd's own default on pages of every kind.
		c.zstd, err = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false), zstd.WithEncoderLevel(zstd.SpeedBetterCompression))
		if err != nil {
			return all, err
		}
	}
	n, err := c.lz4.CompressBlock(image, c.out)
	if err != nil {
		return all, err
	}
	if n > 0 { // else it is not compressible
		use(desc.LZ4, n)
	}
	use(desc.Zstd, len(c.zstd.EncodeAll(image, c.out[:0])))
	return all, nil
}
