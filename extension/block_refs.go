package extension

import (
	"fmt"

	"walstats/cshim"
	"walstats/extension/scan"
	"walstats/parser"
	"walstats/record"
)

// blockRefColumns has the fields of a block reference.
var blockRefColumns = []scan.Column[record.BlockBatch]{
	scan.NotNull("block_id", utinyint, func(b *record.BlockBatch) any { return &b.BlockID }),
	scan.Nullable("reltablespace", uinteger, func(b *record.BlockBatch) any { return &b.RelTablespace }),
	scan.Nullable("reldatabase", uinteger, func(b *record.BlockBatch) any { return &b.RelDatabase }),
	scan.Nullable("relfilenode", uinteger, func(b *record.BlockBatch) any { return &b.RelFileNode }),
	scan.Nullable("relfork", varchar, func(b *record.BlockBatch) any { return &b.RelFork }),
	scan.Nullable("relblocknumber", uinteger, func(b *record.BlockBatch) any { return &b.RelBlockNumber }),
	scan.Nullable("fpi", varchar, func(b *record.BlockBatch) any { return &b.FPI }),
	scan.Nullable("hole_offset", uinteger, func(b *record.BlockBatch) any { return &b.HoleOffset }),
	scan.Nullable("hole_length", uinteger, func(b *record.BlockBatch) any { return &b.HoleLength }),
	scan.Nullable("compression_saved", uinteger, func(b *record.BlockBatch) any { return &b.CompressionSaved }),
	scan.Nullable("compression_method", varchar, func(b *record.BlockBatch) any { return &b.CompressionMethod }),
}

// registerBlockRefs adds block_refs(block_ref): the block references of
// that text, a list of structs; an empty one for NULL.
func registerBlockRefs(c *cshim.Conn) error {
	fields := make([]cshim.Field, len(blockRefColumns))
	for i, column := range blockRefColumns {
		fields[i] = cshim.Field{Name: column.Name, Type: column.Type}
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
		blockRefColumns[i].Lend(&b, vectors[i], len(refs))
	}
	filler := parser.Filler{IgnoreErrors: true} // a number out of range is NULL
	if err := filler.FillRefs(&b, refs); err != nil {
		return fmt.Errorf("block_refs: %w", err)
	}
	for i := range blockRefColumns {
		if err := blockRefColumns[i].Finish(&b, vectors[i], len(refs)); err != nil {
			return err
		}
	}
	return nil
}
