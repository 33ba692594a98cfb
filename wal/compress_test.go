package wal

import (
	"math"
	"math/rand/v2"
	"testing"

	"walstats/record"
	"walstats/wal/desc"
)

// Images that PostgreSQL compressed have the length that a Compressor says: with pglz the
// same, with lz4 and zstd within 3 %.
func TestCompressor(t *testing.T) {
	var c Compressor
	var images, real, said ImageLengths
	eachDump(t, func(t *testing.T, d *dump) {
		cursor := d.find(t, Options{}).Cursor(d.start, d.end)
		defer cursor.Close()
		if _, err := cursor.First(); err != nil {
			t.Fatal(err)
		}
		for {
			r, err := cursor.Next()
			if err != nil {
				return
			}
			for i := range r.Blocks {
				b := &r.Blocks[i]
				if b.Flags&desc.HasImage == 0 || b.Method == desc.Plain {
					continue
				}
				lengths, err := c.Lengths(r, i)
				if err != nil {
					t.Fatal(err)
				}
				if b.Method == desc.PGLZ && lengths[desc.PGLZ] != LengthNow(b) {
					t.Errorf("%v, block %d: %d bytes with pglz, PostgreSQL has %d", r.LSN, b.ID, lengths[desc.PGLZ], LengthNow(b))
				}
				images[b.Method]++
				real[b.Method] += LengthNow(b)
				said[b.Method] += lengths[b.Method]
			}
		}
	})
	for _, method := range []desc.Compression{desc.PGLZ, desc.LZ4, desc.Zstd} {
		if images[method] < 40 {
			t.Errorf("%v: only %d images", method, images[method])
		}
		if off := math.Abs(float64(said[method]-real[method])) / float64(real[method]); off > .03 {
			t.Errorf("%v: %d bytes, PostgreSQL has %d: %.1f %% off", method, said[method], real[method], 100*off)
		}
	}
}

// What cannot be compressed stays as it is, whatever the method.
func TestCompressorKeeps(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	page := make([]byte, record.BlockSize)
	for i := range page {
		page[i] = byte(random.Uint32())
	}
	var c Compressor
	for _, hole := range []int{0, 100, record.BlockSize - 20} {
		image := page[:record.BlockSize-hole]
		r := &desc.Record{Blocks: []desc.Block{{Flags: desc.HasImage, Image: image, ImageLength: uint16(len(image)), HoleOffset: 10, HoleLength: uint16(hole)}}}
		lengths, err := c.Lengths(r, 0)
		if want := (ImageLengths{len(image), len(image), len(image), len(image)}); err != nil || lengths != want {
			t.Errorf("hole of %d: %v, %v, want %v", hole, lengths, err, want)
		}
	}
	r := &desc.Record{Blocks: []desc.Block{{Flags: desc.HasImage, Image: page[:99], ImageLength: 99, HoleOffset: 10}}}
	if _, err := c.Lengths(r, 0); err == nil {
		t.Error("no error for an image that is too short")
	}
}

func BenchmarkCompressor(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	page := make([]byte, record.BlockSize)
	for i := range page {
		if page[i] = byte(random.Uint32N(16)); i%64 > 20 {
			page[i] = page[max(0, i-64)]
		}
	}
	r := &desc.Record{Blocks: []desc.Block{{Flags: desc.HasImage, Image: page, ImageLength: record.BlockSize}}}
	var c Compressor
	b.SetBytes(record.BlockSize)
	for b.Loop() {
		if _, err := c.Lengths(r, 0); err != nil {
			b.Fatal(err)
		}
	}
}
