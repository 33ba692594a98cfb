package desc

// A prepareForm is the layout of PREPARE's data: the two-phase state file. The header is
// followed by lists, each padded to a multiple of eight bytes.
type prepareForm struct {
	statsCounts bool // numbers of dropped statistics follow those of the relations
	statsSize   int
	printOrigin bool
}

var prepareForms = byVersion(
	span[prepareForm]{v13, v14, prepareForm{}},
	span[prepareForm]{v15, v17, prepareForm{statsCounts: true, statsSize: 12, printOrigin: true}},
	span[prepareForm]{v18, newest, prepareForm{statsCounts: true, statsSize: 16, printOrigin: true}},
)

func (p *Printer) prepare(dst []byte) []byte {
	form := &prepareForms[p.version]
	c := p.main.at(12) // after magic, total length, xid
	database := c.u32("database")
	prepared := int64(c.u64("prepared_at"))
	c.skip("owner", 4)
	nsubxacts, ncommit, nabort := c.i32("nsubxacts"), c.i32("ncommitrels"), c.i32("nabortrels")
	var ncommitStats, nabortStats int32
	if form.statsCounts {
		ncommitStats, nabortStats = c.i32("ncommitstats"), c.i32("nabortstats")
	}
	nmessages := c.i32("ninvalmsgs")
	initFile := c.u8("initfileinval") != 0
	c.skip("padding", 1)
	gidLength := c.u16("gidlen")
	originLSN, originTime := c.u64("origin_lsn"), int64(c.u64("origin_timestamp"))

	gid := cursor{buf: c.padded("gid", int64(gidLength), 1)}
	name := gid.cstring("gid")
	if gid.failed() && !c.failed() {
		c.short("gid", len(gid.buf)+1)
	}
	subxacts := c.padded("subxacts", int64(nsubxacts), 4)
	commitRels := c.padded("commitrels", int64(ncommit), relationSize)
	abortRels := c.padded("abortrels", int64(nabort), relationSize)
	var commitStats, abortStats []byte
	if form.statsCounts {
		commitStats = c.padded("commitstats", int64(ncommitStats), form.statsSize)
		abortStats = c.padded("abortstats", int64(nabortStats), form.statsSize)
	}
	messages := c.list("invalmsgs", int64(nmessages), messageSize)
	if c.failed() {
		return dst
	}

	dst = append(append(append(dst, "gid "...), name...), ": "...)
	dst = p.zone.append(dst, prepared)
	if len(commitRels) > 0 {
		dst = p.appendPaths(append(dst, "; rels(commit):"...), commitRels)
	}
	if len(abortRels) > 0 {
		dst = p.appendPaths(append(dst, "; rels(abort):"...), abortRels)
	}
	dst = appendStats(dst, "; commit dropped stats:", commitStats, form.statsSize)
	dst = appendStats(dst, "; abort dropped stats:", abortStats, form.statsSize)
	if len(subxacts) > 0 {
		dst = appendEach(append(dst, "; subxacts:"...), subxacts)
	}
	dst = p.appendInvalidations(dst, messages, database, 0, initFile)
	if form.printOrigin && p.record.Origin != 0 {
		dst = p.appendOrigin(dst, originLSN, originTime)
	}
	return dst
}

// padded returns the next n elements of size bytes and moves to the next multiple of
// eight bytes.
func (c *cursor) padded(field string, n int64, size int) []byte {
	list := c.list(field, n, size)
	if rest := len(list) % 8; rest > 0 {
		c.pos = min(c.pos+8-rest, len(c.buf))
	}
	return list
}
