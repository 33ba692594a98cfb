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
	image, err := m.content(r, b)
	if err != nil {
		return dst, err
	}
	offset := int(b.HoleOffset)
	dst = append(dst, image[:offset]...)
	dst = append(dst, zeros[:b.HoleLength]...)
	return append(dst, image[offset:]...), nil
}

// content returns the bytes of the page that the image of a block has: all but the hole,
// not compressed. They are valid until the next call.
func (m *Images) content(r *desc.Record, b *desc.Block) (image []byte, err error) {
	offset, length := int(b.HoleOffset), int(b.HoleLength)
	image = b.Image
	switch size := record.BlockSize - length; {
	case offset+length > record.BlockSize:
		err = errHole
	case b.Method == desc.Plain:
		if len(image) != size {
			err = errHole
		}
	default:
		image = m.compressed[:size]
		err = m.decompress(image, b.Image, b.Method)
	}
	if err != nil {
		return nil, m.fail(r, b, err)
	}
	return image, nil
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
