package segments

import "os"

// A Piece is the WAL that starts in one segment: it becomes one dump.
type Piece struct {
	Path  string // of the segment, absolute
	Bytes int64
	// Unfinished says that there may be more of it another time: WAL ends in it or right
	// behind it, or the part begins or ends in it.
	Unfinished bool

	span
	limit LSN // where the segment ends
}

// A span is the WAL that one pg_waldump reads: the records that start in [begin, end).
// With the end 0 it goes on to where WAL ends.
type span struct{ begin, end LSN }

func (s span) empty() bool { return s.begin == s.end }

// Pieces cuts the chain where the first record of every segment starts.
func (c *Chain) Pieces() ([]Piece, error) {
	pieces := make([]Piece, len(c.segments))
	last := len(c.segments) - 1
	next := c.End
	for i := last; i >= 0; i-- {
		s := c.segments[i]
		found, limit := true, s.begin()+LSN(c.header.segmentSize)
		p := span{max(c.Start, s.begin()), next}
		if i > 0 {
			var err error
			if p.begin, found, err = c.firstRecord(s.begin()); err != nil {
				return nil, err
			}
		}
		if !found || next != 0 && p.begin >= next { // a record that began before fills all
			p = span{limit, limit}
		} else {
			next = p.begin
		}
		if c.End != 0 {
			limit = min(limit, c.End)
		}
		pieces[i] = Piece{
			Path: s.path, Bytes: int64(limit - max(c.Start, s.begin())), span: p, limit: s.begin() + LSN(c.header.segmentSize),
			Unfinished: i == last || c.Start > s.begin() || p.end == 0 || !found,
		}
	}
	return pieces, nil
}

// firstRecord is where the first record starts that does not start before a page. A
// record that began before may fill several segments. Pages that do not tell are
// left out with the rest of their segment: WAL ends there, or pg_waldump will say what
// is wrong.
func (c *Chain) firstRecord(page LSN) (at LSN, found bool, err error) {
	for page < c.Limit() {
		s := c.segments[(page-c.Begin())/LSN(c.header.segmentSize)]
		if at, found, err = c.firstInSegment(s, page); found || err != nil {
			return at, found, err
		}
		page = s.begin() + LSN(c.header.segmentSize)
	}
	return 0, false, nil
}

func (c *Chain) firstInSegment(s segment, page LSN) (LSN, bool, error) {
	file, err := os.Open(s.path)
	if err != nil {
		return 0, false, err
	}
	defer file.Close()
	b := make([]byte, longHeader)
	for ; page < s.begin()+LSN(c.header.segmentSize); page += LSN(c.header.pageSize) {
		if _, err := file.ReadAt(b, int64(page-s.begin())); err != nil {
			return 0, false, nil
		}
		h := parseHeader(b)
		if h.magic != c.header.magic || h.address != page {
			return 0, false, nil
		}
		if h.info&flagContinue == 0 {
			return page + LSN(h.size()), true, nil
		}
		const align = 8
		if rest := (uint64(h.rest) + align - 1) &^ (align - 1); rest < c.header.pageSize-h.size() {
			return page + LSN(h.size()+rest), true, nil
		}
	}
	return 0, false, nil
}

// page is the beginning of the page that a place is on.
func (c *Chain) page(at LSN) LSN { return at &^ LSN(c.header.pageSize-1) }

// stop is a span's end as pg_waldump needs it. Told to end right behind a page's header,
// it reads on (it asks for too little of the page) and finds what is no record.
func (c *Chain) stop(end LSN) LSN {
	page := c.page(end)
	header := LSN(shortHeader)
	if page&LSN(c.header.segmentSize-1) == 0 {
		header = longHeader
	}
	if end-page <= header {
		return page
	}
	return end
}
