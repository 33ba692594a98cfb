package report

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

// sample returns how many images are compressed; 0 for none.
func (s Source) sample() int {
	switch {
	case !s.WAL || s.NoCompression:
		return 0
	case s.Brief:
		return compressedImagesBrief
	}
	return compressedImages
}

// compression reads what the images of WAL tell, if most are not compressed already. Where they
// are less than 1 % of the WAL, none were compressed.
func (g gatherer) compression() (err error) {
	f := g.facts
	f.Compression = []Compression{}
	if g.source.sample() == 0 {
		return nil
	}
	f.Compression, err = list(g.ctx, g.db, `SELECT method, images, sampled_images, saved_bytes, error_bytes, saved_bytes / record_length
		FROM output.sums WHERE kind = 'compression' AND compressed_images * 2 < images AND saved_bytes > error_bytes`,
		func(c *Compression) []any {
			return []any{&c.Method, &c.Images, &c.SampledImages, &c.SavedBytes, &c.ErrorBytes, &c.Share}
		})
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
