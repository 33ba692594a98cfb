package dump

import (
	"walstats/rmgr"
	"walstats/wal/desc"
)

// A filter chooses records. All that is given must hold.
type filter struct {
	managers *[256]bool // nil: all
	hasXID   bool
	xid      uint32

	// Some block reference has to fit all of these at once.
	hasRelation, hasBlock, hasFork bool
	tablespace, database, relation uint32
	block                          uint32
	fork                           uint8

	fullPage bool // some block has an image
}

// wantsHeads reports whether the filter asks for a record's header.
func (f *filter) wantsHeads() bool { return f.managers != nil || f.hasXID }

// wantsBlocks reports whether the filter asks for a record's block references.
func (f *filter) wantsBlocks() bool { return f.hasRelation || f.hasFork || f.fullPage }

// head reports whether a record with that header is chosen, as far as that tells.
func (f *filter) head(id rmgr.ID, xid uint32) bool {
	return (f.managers == nil || f.managers[id]) && (!f.hasXID || f.xid == xid)
}

// blocks reports whether a record with those block references is chosen, as far as
// they tell.
func (f *filter) blocks(blocks []desc.Block) bool {
	fits, image := false, false
	for i := range blocks {
		b := &blocks[i]
		fits = fits ||
			(!f.hasFork || b.Fork == f.fork) &&
				(!f.hasRelation || b.Tablespace == f.tablespace && b.Database == f.database && b.Relation == f.relation) &&
				(!f.hasBlock || b.Number == f.block)
		image = image || b.Flags&desc.HasImage != 0
	}
	return (fits || !f.hasRelation && !f.hasFork) && (image || !f.fullPage)
}

// record reports whether the record is chosen.
func (f *filter) record(r *desc.Record) bool {
	return f.head(r.RMID, r.XID) && (!f.wantsBlocks() || f.blocks(r.Blocks))
}
