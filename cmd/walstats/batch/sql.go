package batch

import (
	"fmt"
	"slices"
	"strings"

	"walstats/cmd/walstats/session"
	"walstats/record"
)

// recordColumns has the columns of read_waldump, and blockColumns those of
// read_waldump_blocks, without the optional columns.
var (
	recordColumns = []string{
		"start_lsn", "prev_lsn", "xid", "resource_manager", "record_type", "record_length", "fpi_length", "description", "xact_time",
		"reltablespace", "reldatabase", "relfilenode", "relfork", "relblocknumber", "block_ref",
	}
	blockColumns = []string{
		"start_lsn", "prev_lsn", "block_id", "reltablespace", "reldatabase", "relfilenode", "relfork", "relblocknumber", "xid",
		"resource_manager", "record_type", "record_length", "fpi", "block_fpi_length",
		"hole_offset", "hole_length", "compression_saved", "compression_method", "description",
	}
)

// CheckColumns checks the names given with --columns.
func CheckColumns(names []string) error {
	for i, name := range names {
		switch {
		case !slices.Contains(recordColumns, name) && name != "byte_offset" && name != "filename":
			return fmt.Errorf("%q is not a column of read_waldump; its columns are %s, byte_offset and filename", name, strings.Join(recordColumns, ", "))
		case slices.Contains(names[:i], name):
			return fmt.Errorf("%q is given twice", name)
		}
	}
	return nil
}

// selected returns the columns of the output. filename is always there, as the last
// one: it finds the rows of an input that is converted again.
func (o *Options) selected() []string {
	columns := slices.Clone(o.Columns)
	if len(columns) == 0 {
		columns = slices.Clone(recordColumns)
	}
	columns = slices.DeleteFunc(columns, func(name string) bool { return name == "filename" })
	return append(columns, "filename")
}

// lsnColumns returns the list of columns, with LSNs converted as --lsn asks.
func (o *Options) lsnColumns(columns []string) string {
	kind := map[string]string{"number": "UBIGINT", "text": "VARCHAR"}[o.LSN]
	list := make([]string, len(columns))
	for i, name := range columns {
		list[i] = name
		if kind != "" && strings.HasSuffix(name, "_lsn") {
			list[i] = name + "::" + kind + " AS " + name
		}
	}
	return strings.Join(list, ", ")
}

// lsnLiteral returns an LSN as SQL, in the type of such a column.
func (o *Options) lsnLiteral(lsn uint64) string {
	if o.LSN == "text" {
		return session.Quote(record.LSN(lsn).String())
	}
	return fmt.Sprintf("%d::UBIGINT", lsn)
}

// from returns a FROM item that reads the inputs with one of the functions: all columns,
// also filename and byte_offset. A continued input must be the only one.
func (o *Options) from(function string, group []task) string {
	if group[0].wal != nil {
		return o.fromWAL(function, group)
	}
	options := ", filename := true, byte_offset := true, ignore_errors := true"
	if o.Timezone != "" {
		options += ", timezone := " + session.Quote(o.Timezone)
	}
	if o.Threads > 0 {
		options += fmt.Sprintf(", threads := %d", o.Threads)
	}
	if t := &group[0]; t.how == continued {
		return fmt.Sprintf("%s(%s%s, byte_range := [%d, %d])", function, session.Quote(t.Path), options, t.before.LastBegin, int64(1)<<62)
	}
	if !group[0].Pipe {
		paths := make([]string, len(group))
		for i := range group {
			paths[i] = group[i].Path
		}
		return function + "(" + session.List(paths) + options + group[0].rangeOption() + ")"
	}
	// Pipes are read at the same time: one program may write them all.
	scans := make([]string, len(group))
	for i := range group {
		scans[i] = fmt.Sprintf("SELECT * REPLACE (%s AS filename) FROM %s(%s%s)", session.Quote(group[i].Name), function, session.Quote(group[i].Path), options)
	}
	return "(" + strings.Join(scans, " UNION ALL ") + ")"
}

// where returns the user's condition as a WHERE clause.
func (o *Options) where() string {
	if o.Where == "" {
		return ""
	}
	return " WHERE (" + o.Where + "\n)" // the condition may end in a comment
}

// records returns the query for the rows of the table of records.
func (o *Options) records(source string) string {
	return "SELECT " + o.lsnColumns(o.selected()) + " FROM (SELECT * FROM " + source + o.where() + ")"
}

// blocks returns the query for the rows of the table of block references.
func (o *Options) blocks(group []task) string {
	return "SELECT " + o.lsnColumns(append(slices.Clone(blockColumns), "filename")) + " FROM " + o.from("read_waldump_blocks", group)
}

// blocksOf returns the query for the block references of the records of source, for
// inputs that can be read only once, and for --where. It gives what
// read_waldump_blocks gives, more slowly.
func (o *Options) blocksOf(source string) string {
	fields := map[string]string{}
	for _, name := range []string{
		"block_id", "reltablespace", "reldatabase", "relfilenode", "relfork", "relblocknumber", "fpi",
		"hole_offset", "hole_length", "compression_saved", "compression_method",
	} {
		fields[name] = "r." + name
	}
	fields["block_fpi_length"] = fmt.Sprintf(imageLength, record.BlockSize)
	columns := make([]string, len(blockColumns))
	for i, name := range blockColumns {
		columns[i] = name
		if field := fields[name]; field != "" {
			columns[i] = field + " AS " + name
		}
	}
	return "SELECT " + o.lsnColumns(append(slices.Clone(blockColumns), "filename")) + " FROM (SELECT " + strings.Join(columns, ", ") + `, filename
		FROM (SELECT *, len(list_filter(refs, lambda ref: ref.fpi IS NOT NULL)) AS images, unnest(refs) AS r
			FROM (SELECT *, block_refs(block_ref) AS refs FROM (SELECT * FROM ` + source + o.where() + "))))"
}

// imageLength computes [record.BlockRef.ImageLength] in SQL. Without --bkp-details the
// length is known only of a record's single image.
const imageLength = `CASE WHEN r.fpi IS NULL THEN 0
	WHEN r.hole_length IS NOT NULL THEN %d - r.hole_length - coalesce(r.compression_saved, 0)
	WHEN images = 1 THEN fpi_length END::UINTEGER`

// rejects returns the query for the rejects of an input. If its end is held back, these
// are the rejects before its last record.
func rejects(t *task, e *Entry) string {
	from, to := int64(0), int64(1)<<62
	if t.how == continued {
		from = t.before.LastBegin
	}
	if t.wal != nil { // damage is an error
		return noRejects
	}
	if e.Waiting {
		to = e.LastBegin
	}
	if t.how != continued || t.compressed {
		return fmt.Sprintf("SELECT * FROM read_waldump_rejects(%s%s) WHERE kind = 'reject' AND byte_offset < %d", session.Quote(t.Path), t.rangeOption(), to)
	}
	return fmt.Sprintf("SELECT * FROM read_waldump_rejects(%s, byte_range := [%d, %d]) WHERE kind = 'reject' AND byte_offset < %d", session.Quote(t.Path), from, int64(1)<<62, to)
}
