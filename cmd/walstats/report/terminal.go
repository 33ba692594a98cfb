package report

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/jedib0t/go-pretty/v6/table" // columns by the width that characters have in a terminal
	"github.com/jedib0t/go-pretty/v6/text"
)

// The first screen of a terminal has room for this much.
const (
	topRelations    = 10
	topTypes        = 5
	topTransactions = 3
	maxBar          = 30
)

// WriteTerminal writes the facts that come first, in lines of at most width
// characters where the numbers allow it.
func WriteTerminal(w io.Writer, f *Facts, width int) error {
	width = max(width, 40)
	var words []string
	for _, s := range f.Findings {
		words = append(words, printable(s.String()))
	}
	screen := text.WrapSoft(strings.Join(words, " "), min(width, 100)) + "\n"
	if f.Records > 0 {
		screen += "\n" + f.topRelations(width) + "\n\n" + f.topTypes(width)
		if len(f.Transactions) > 0 {
			screen += "\n\n" + f.topTransactions(width)
		}
		screen += "\n"
	}
	for _, line := range strings.SplitAfter(screen, "\n") { // no blanks at the ends of lines
		end := strings.TrimRight(line, " \n")
		if strings.HasSuffix(line, "\n") {
			end += "\n"
		}
		if _, err := io.WriteString(w, end); err != nil {
			return err
		}
	}
	return nil
}

func (f *Facts) topRelations(width int) string {
	t := newColumns("RELATION", width, f.Relations[0].Bytes)
	for _, r := range f.Relations[:min(len(f.Relations), topRelations)] {
		name := r.Name
		switch {
		case r.File == "":
			name = "(no relation)"
		case r.Kind != "" && r.Kind != "table":
			name += " (" + r.Kind + ")"
		}
		t.add(name, r.Sums, f.Bytes)
	}
	return t.String()
}

func (f *Facts) topTypes(width int) string {
	t := newColumns("RECORD TYPE", width, f.RecordTypes[0].Bytes)
	for _, r := range f.RecordTypes[:min(len(f.RecordTypes), topTypes)] {
		t.add(r.Manager+"/"+r.Type, r.Sums, f.Bytes)
	}
	return t.String()
}

func (f *Facts) topTransactions(width int) string {
	t := newColumns("TRANSACTION", width, f.Transactions[0].Bytes)
	for _, x := range f.Transactions[:min(len(f.Transactions), topTransactions)] {
		t.add(fmt.Sprintf("%d (%s)", x.XID, x.Status), Sums{Records: x.Records, Bytes: x.Bytes, FPIBytes: x.FPIBytes}, f.Bytes)
	}
	return t.String()
}

// columns are a table with a name, numbers and a bar in every row.
type columns struct {
	table     table.Writer
	name, bar int   // widths
	most      int64 // what the longest bar stands for
}

// numbersWidth is that of the columns with numbers and of what lies between all.
const numbersWidth = 46

func newColumns(title string, width int, most int64) *columns {
	c := &columns{table: table.NewWriter(), most: max(most, 1)}
	c.bar = min(maxBar, max(0, width-numbersWidth-24))
	c.name = max(12, min(48, width-numbersWidth-c.bar))
	c.table.Style().Options = table.OptionsNoBordersAndSeparators
	c.table.Style().Box.PaddingLeft = ""
	c.table.Style().Box.PaddingRight = "  "
	c.table.AppendHeader(table.Row{title, "BYTES", "SHARE", "RECORDS", "IN IMAGES", ""})
	c.table.SetColumnConfigs([]table.ColumnConfig{
		{Number: 1, WidthMin: c.name, WidthMax: c.name, WidthMaxEnforcer: func(name string, width int) string { return text.Snip(name, width, "…") }},
		{Number: 2, Align: text.AlignRight, AlignHeader: text.AlignRight, WidthMin: 6},
		{Number: 3, Align: text.AlignRight, AlignHeader: text.AlignRight, WidthMin: 7},
		{Number: 4, Align: text.AlignRight, AlignHeader: text.AlignRight, WidthMin: 10},
		{Number: 5, Align: text.AlignRight, AlignHeader: text.AlignRight},
	})
	return c
}

func (c *columns) add(name string, s Sums, whole int64) {
	c.table.AppendRow(table.Row{printable(name), size(s.Bytes), share(s.Bytes, whole), count(s.Records), share(s.FPIBytes, s.Bytes), c.drawn(s)})
}

// drawn is a bar: its full part are the images.
func (c *columns) drawn(s Sums) string {
	all := int(float64(s.Bytes)/float64(c.most)*float64(c.bar) + .5)
	images := int(float64(s.FPIBytes)/float64(c.most)*float64(c.bar) + .5)
	return strings.Repeat("█", images) + strings.Repeat("░", max(0, all-images))
}

func (c *columns) String() string { return c.table.Render() }

// printable shows what would move a terminal's cursor, or turn its text around, as
// Go writes it.
func printable(text string) string {
	var b strings.Builder
	for _, r := range text {
		if unicode.IsPrint(r) || r == '\u00a0' {
			b.WriteRune(r)
			continue
		}
		quoted := fmt.Sprintf("%+q", string(r))
		b.WriteString(quoted[1 : len(quoted)-1])
	}
	return b.String()
}
