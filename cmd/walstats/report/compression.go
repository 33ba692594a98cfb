package report

import (
	"fmt"

	"walstats/cmd/walstats/session"
)

// So many images are compressed at most for the estimate, each with three methods in 0.3 ms
// or so. In top fewer are, as a person waits for it.
const (
	compressedImages      = 4000
	compressedImagesBrief = 1000
)

// A Compression is what wal_compression with a method would save: see the function
// wal_compression.
type Compression struct {
	Method        string  `json:"method"`
	Images        int64   `json:"images"`
	SampledImages int64   `json:"sampled_images"`
	SavedBytes    int64   `json:"saved_bytes"`
	ErrorBytes    int64   `json:"error_bytes"` // 0 where all images were compressed
	Share         float64 `json:"share"`       // of all WAL
}

// Saved names what is saved, with its error where that is seen.
func (c Compression) Saved() string {
	text := size(c.SavedBytes)
	if c.ErrorBytes*100 >= c.SavedBytes && c.ErrorBytes > 0 {
		text += "\u00a0± " + size(c.ErrorBytes)
	}
	return text
}

// compression compresses images of WAL, where they are 1 % of it or more and most are not
// compressed already.
func (g gatherer) compression() error {
	f := g.facts
	f.Compression = []Compression{}
	if !g.source.WAL || g.source.NoCompression || f.FPIBytes < f.Bytes/100 || f.FPIBytes == 0 {
		return nil
	}
	sample := compressedImages
	if g.source.Brief {
		sample = compressedImagesBrief
	}
	all, err := list(g.ctx, g.db, fmt.Sprintf(`SELECT method, images, sampled_images, saved_bytes, error_bytes, share
		FROM wal_compression(%s, ignore_errors := true, sample := %d%s) WHERE compressed_images * 2 < images AND saved_bytes > error_bytes`,
		session.List(g.source.Dumps), sample, g.source.Part),
		func(c *Compression) []any {
			return []any{&c.Method, &c.Images, &c.SampledImages, &c.SavedBytes, &c.ErrorBytes, &c.Share}
		})
	f.Compression = all
	return err
}

// compressing says what wal_compression would have saved, if it is 1 % of the WAL or more:
// with lz4, which costs the least time, or pglz where the server has no other.
func compressing(f *Facts) Finding {
	if len(f.Compression) == 0 {
		return Finding{}
	}
	first, setting := f.Compression[0], "on"
	others := ""
	for _, c := range f.Compression {
		if c.Method == "lz4" {
			first, setting = c, c.Method
		}
	}
	if first.Share < .01 {
		return Finding{}
	}
	for _, c := range f.Compression {
		if c.Method == "zstd" && first.Method == "lz4" {
			others = "; zstd would have saved " + percent(c.Share)
		}
	}
	return Finding{percent(first.Share), say("of the WAL would not have been written with wal_compression = " + setting + ": " + first.Saved() + " of full-page images" + others + ".")}
}
