package extension

import (
	"fmt"

	"walstats/cshim"
	"walstats/parser"
	"walstats/record"
)

// blockRefColumns are the fields of a block reference.
var blockRefColumns = []column[record.BlockBatch]{
	{"block_id", utinyint, never, func(b *record.BlockBatch) any { return &b.BlockID }},
	{"reltablespace", uinteger, often, func(b *record.BlockBatch) any { return &b.RelTablespace }},
	{"reldatabase", uinteger, often, func(b *record.BlockBatch) any { return &b.RelDatabase }},
	{"relfilenode", uinteger, often, func(b *record.BlockBatch) any { return &b.RelFileNode }},
	{"relfork", varchar, often, func(b *record.BlockBatch) any { return &b.RelFork }},
	{"relblocknumber", uinteger, often, func(b *record.BlockBatch) any { return &b.RelBlockNumber }},
	{"fpi", varchar, often, func(b *record.BlockBatch) any { return &b.FPI }},
	{"hole_offset", uinteger, often, func(b *record.BlockBatch) any { return &b.HoleOffset }},
	{"hole_length", uinteger, often, func(b *record.BlockBatch) any { return &b.HoleLength }},
	{"compression_saved", uinteger, often, func(b *record.BlockBatch) any { return &b.CompressionSaved }},
	{"compression_method", varchar, often, func(b *record.BlockBatch) any { return &b.CompressionMethod }},
}

// registerBlockRefs makes block_refs(block_ref) known: the block references of
// that text, a list of structs; an empty one for NULL.
func registerBlockRefs(c *cshim.Conn) error {
	fields := make([]cshim.Field, len(blockRefColumns))
	for i, column := range blockRefColumns {
		fields[i] = cshim.Field{Name: column.name, Type: column.kind}
	}
	return c.RegisterScalarFunction(cshim.ScalarFunction{
		Name:         "block_refs",
		Params:       []cshim.Type{varchar},
		Return:       cshim.ListOf(cshim.StructOf(fields...)),
		SpecialNulls: true,
		Call:         blockRefs,
	})
}

func blockRefs(args *cshim.Chunk, out cshim.Vector) error {
	n := args.Size()
	in := args.Vector(0)
	texts, valid := cshim.Data[cshim.String](in, n), in.Valid(n)
	lists := cshim.Data[cshim.ListEntry](out, n)
	var refs []parser.BlockRef
	for i := range n {
		first := len(refs)
		if valid.Valid(i) {
			text := texts[i].Bytes()
			var err error
			if refs, err = parser.AppendBlockRefs(refs, text); err != nil {
				return fmt.Errorf("block_refs: %w", err)
			}
		}
		lists[i] = cshim.ListEntry{Offset: uint64(first), Length: uint64(len(refs) - first)}
	}
	child, err := out.ResizeList(len(refs))
	if err != nil || len(refs) == 0 {
		return err
	}
	var b record.BlockBatch
	vectors := make([]cshim.Vector, len(blockRefColumns))
	for i := range blockRefColumns {
		vectors[i] = child.StructChild(i)
		blockRefColumns[i].lend(&b, vectors[i], len(refs), false)
	}
	var filler parser.Filler
	if err := filler.FillRefs(&b, refs); err != nil {
		return fmt.Errorf("block_refs: %w", err)
	}
	for i := range blockRefColumns {
		if texts, ok := blockRefColumns[i].field(&b).(*record.Strings); ok {
			if err := vectors[i].SetStrings(len(refs), texts.Arena); err != nil {
				return err
			}
		}
	}
	return nil
}
