package wal

import (
	"errors"
	"fmt"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"walstats/record"
	"walstats/rmgr"
	"walstats/wal/desc"
)

// Images restores full-page images. Its memory is used again; the zero Images is
// ready.
type Images struct {
	compressed [record.BlockSize]byte // an image without its hole
	zstd       *zstd.Decoder
}

// An ImageError says why an image cannot be restored.
type ImageError struct {
	LSN     LSN
	Block   uint8  // its id
	Message string // pg_waldump's
	Err     error
}

func (e *ImageError) Error() string { return fmt.Sprintf("%s: %v", e.Message, e.Err) }
func (e *ImageError) Unwrap() error { return e.Err }

var errHole = errors.New("the hole is not within the page")

// AppendPage appends the page that the image of block i is of, as RestoreBlockImage
// does (src/backend/access/transam/xlogreader.c): the hole filled with zeros, and the
// compression undone. It is [record.BlockSize] bytes long. The error is an
// [*ImageError]; dst is returned as it was then.
func (m *Images) AppendPage(dst []byte, r *desc.Record, i int) ([]byte, error) {
	b := &r.Blocks[i]
	image := b.Image
	offset, length := int(b.HoleOffset), int(b.HoleLength)
	var err error
	switch size := record.BlockSize - length; {
	case offset+length > record.BlockSize:
		err = errHole
	case b.Method == desc.Plain:
		if len(image) != size {
			err = errHole
		}
	default:
		err = m.decompress(m.compressed[:size], image, b.Method)
		image = m.compressed[:size]
	}
	if err != nil {
		return dst, m.fail(r, b, err)
	}
	dst = append(dst, image[:offset]...)
	dst = append(dst, zeros[:length]...)
	return append(dst, image[offset:]...), nil
}

var zeros [record.BlockSize]byte

// maxFrame is how much memory a zstd frame may ask for: an image's takes no more
// than a block.
const maxFrame = 1 << 20

func (m *Images) decompress(dst, src []byte, method desc.Compression) (err error) {
	switch method {
	case desc.PGLZ:
		return decompressPGLZ(dst, src)
	case desc.LZ4:
		n, err := lz4.UncompressBlock(src, dst)
		if err == nil && n != len(dst) {
			err = lz4.ErrInvalidSourceShortBuffer
		}
		return err
	}
	if m.zstd == nil {
		m.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(maxFrame))
		if err != nil {
			return err
		}
	}
	out, err := m.zstd.DecodeAll(src, dst[:0:len(dst)])
	if err == nil && len(out) != len(dst) {
		err = errors.New("its content has another size")
	}
	return err
}

// fail makes the error with PostgreSQL's text.
func (m *Images) fail(r *desc.Record, b *desc.Block, err error) error {
	message := "could not decompress image at %s, block %d"
	if r.Version < rmgr.V15 {
		message = "invalid compressed image at %s, block %d"
	}
	return &ImageError{r.LSN, b.ID, fmt.Sprintf(message, messageLSN(r.Version, r.LSN), b.ID), err}
}
