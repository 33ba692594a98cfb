package batch

import (
	"fmt"
	"slices"
	"strings"

	"walstats/cmd/walstats/session"
	"walstats/record"
)

// recordColumns are those of read_waldump, and blockColumns of read_waldump_blocks,
// without those that options add.
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

// CheckColumns says what is wrong with the names of --columns.
func CheckColumns(names []string) error {
	for i, name := range names {
		switch {
		case !slices.Contains(recordColumns, name) && name != "byte_offset" && name != "filename":
			return fmt.Errorf("%q is no column of read_waldump; there are %s, byte_offset and filename", name, strings.Join(recordColumns, ", "))
		case slices.Contains(names[:i], name):
			return fmt.Errorf("%q is there twice", name)
		}
	}
	return nil
}

// selected are the columns of the output; filename is always the last one, since an
// input that is redone has to be found.
func (o *Options) selected() []string {
	columns := slices.Clone(o.Columns)
	if len(columns) == 0 {
		columns = slices.Clone(recordColumns)
	}
	columns = slices.DeleteFunc(columns, func(name string) bool { return name == "filename" })
	return append(columns, "filename")
}

// lsnColumns has the columns with LSNs as --lsn wants them.
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

// lsnLiteral is an LSN as a value of such a column.
func (o *Options) lsnLiteral(lsn uint64) string {
	if o.LSN == "text" {
		return fmt.Sprintf("'%X/%08X'", lsn>>32, uint32(lsn))
	}
	return fmt.Sprintf("%d::UBIGINT", lsn)
}

// from reads the inputs with one of the functions: all columns, filename and
// byte_offset too. Those that are continued are read alone.
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
	// Pipes are read at the same time, since who writes them does so.
	scans := make([]string, len(group))
	for i := range group {
		scans[i] = fmt.Sprintf("SELECT * REPLACE (%s AS filename) FROM %s(%s%s)", session.Quote(group[i].Name), function, session.Quote(group[i].Path), options)
	}
	return "(" + strings.Join(scans, " UNION ALL ") + ")"
}

// where is the user's condition, for names that are read_waldump's.
func (o *Options) where() string {
	if o.Where == "" {
		return ""
	}
	return " WHERE (" + o.Where + "\n)" // a comment at its end is one
}

// records are the rows of the inputs as the output has them.
func (o *Options) records(source string) string {
	return "SELECT " + o.lsnColumns(o.selected()) + " FROM (SELECT * FROM " + source + o.where() + ")"
}

// blocks are the block references of the inputs as the output has them.
func (o *Options) blocks(group []task) string {
	return "SELECT " + o.lsnColumns(append(slices.Clone(blockColumns), "filename")) + " FROM " + o.from("read_waldump_blocks", group)
}

// blocksOf are the block references of records, where these are not to be read a
// second time, or not all are wanted. read_waldump_blocks says the same faster.
func (o *Options) blocksOf(source string) string {
	fields := map[string]string{}
	for _, name := range []string{
		"block_id", "reltablespace", "reldatabase", "relfilenode", "relfork", "relblocknumber", "fpi",
		"hole_offset", "hole_length", "compression_saved", "compression_method",
	} {
		fields[name] = "r." + name
	}
	// The image's size is known from --bkp-details, or where it is the record's only one.
	fields["block_fpi_length"] = fmt.Sprintf(`CASE WHEN r.fpi IS NULL THEN 0
		WHEN r.hole_length IS NOT NULL THEN %d - r.hole_length - coalesce(r.compression_saved, 0)
		WHEN images = 1 THEN fpi_length END::UINTEGER`, record.BlockSize)
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

// rejects are the lines of the inputs that are no records; of one that waits only
// those before its last record.
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
	if t.how != continued || t.packed {
		return fmt.Sprintf("SELECT * FROM read_waldump_rejects(%s%s) WHERE kind = 'reject' AND byte_offset < %d", session.Quote(t.Path), t.rangeOption(), to)
	}
	return fmt.Sprintf("SELECT * FROM read_waldump_rejects(%s, byte_range := [%d, %d]) WHERE kind = 'reject' AND byte_offset < %d", session.Quote(t.Path), from, int64(1)<<62, to)
}
