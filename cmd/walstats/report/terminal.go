package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table" // columns by the width that characters have in a terminal
	"github.com/jedib0t/go-pretty/v6/text"

	"walstats/cmd/walstats/terminal"
)

// The widths of columns.
const (
	minName         = 12
	maxName         = 60
	minBar          = 8
	maxBar          = 30
	numbersWidth    = 42 // of the columns between the name and the bar
	fewNumbersWidth = 19 // of those that a narrow terminal has
)

// WriteTerminal writes the facts that come first, in lines of at most width characters, but
// at least 40. It writes at most height-1 lines, which leaves one for the prompt, but at least
// one row of a table; or all that the facts have if height is 0.
func WriteTerminal(w io.Writer, f *Facts, width, height int) error {
	width = max(width, 40)
	tables := f.topTables()
	shown := make([]int, len(tables))
	findings, warnings := f.Findings, f.Warnings
	if height > 0 {
		findings = findings[:min(len(findings), firstFindings)]
		if height < 30 {
			findings = findings[:min(len(findings), 3)]
		}
	}
	words := ""
	for _, found := range findings {
		words += text.WrapSoft(terminal.Printable(found.String()), min(width, 100)) + "\n"
	}
	for _, warning := range warnings {
		words += text.WrapSoft(terminal.Printable(warning.String()), min(width, 100)) + "\n"
	}
	for i := range tables {
		shown[i] = len(tables[i].rows)
	}
	if height > 0 {
		fitRows(tables, shown, height-1-strings.Count(words, "\n")-1) // a line says what is not shown
	}
	screen := words
	name, longest := 0, minName
	for i := range tables {
		tables[i].rows = tables[i].rows[:shown[i]]
		for _, row := range tables[i].rows {
			longest = max(longest, text.StringWidth(row.name))
		}
	}
	all := width >= numbersWidth+minName
	free := width - fewNumbersWidth
	if all {
		free = width - numbersWidth
	}
	name = max(minName, min(longest, maxName, free-minBar))
	for _, t := range tables {
		if len(t.rows) > 0 {
			screen += "\n" + t.draw(f.Bytes, name, free-name, all) + "\n"
		}
	}
	if last := f.notShown(tables, height > 0); last != "" {
		screen += text.WrapSoft(last, width) + "\n"
	}
	screen = strings.ReplaceAll(screen, "\u00a0", " ")
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

// fitRows sets how many rows of each table are shown, so that with a blank line and a header
// each they have so many lines. The first table has half of the rows. Where there is
// little room the last tables are left out.
func fitRows(tables []topTable, shown []int, lines int) {
	n := len(tables)
	for n > 1 && lines-2*n < 2*n { // two rows each
		n--
		shown[n] = 0
	}
	left := lines - 2*n
	for i := range n {
		part := left
		if i < n-1 {
			part = (left + 1) / 2
		}
		shown[i] = min(shown[i], max(part, 1))
		left -= shown[i]
	}
	for i := range n { // what the last ones do not need
		more := min(max(left, 0), len(tables[i].rows)-shown[i])
		shown[i] += more
		left -= more
	}
}

// A topTable is a table of the terminal.
type topTable struct {
	title, thing string // of a column, and of one row in a sentence
	rows         []topRow
	count        int64    // of all rows that there are
	extra        []string // titles of what a wide terminal shows, too
}

// A topRow is a line of a table.
type topRow struct {
	name string
	Sums
	extra []string
}

// topTables are the tables with all rows that the facts have.
func (f *Facts) topTables() []topTable {
	tables := topTable{title: "TABLE", thing: "table", count: f.TableCount, extra: []string{"INDEXES", "TOAST", "IMAGES", "FILES", "DATABASE"}}
	if !f.NamesKnown {
		tables.title, tables.thing, tables.extra = "RELATION", "relation", []string{"IMAGES"}
	}
	same := map[string]int{} // of other databases
	for _, t := range f.Tables {
		same[t.Name]++
	}
	for _, t := range f.Tables {
		row := topRow{terminal.Printable(t.Name), t.Sums, []string{size(t.IndexBytes), size(t.ToastBytes), count(t.Images), count(t.Files), terminal.Printable(t.Database)}}
		switch {
		case t.Name == "":
			row.name = "(no relation)"
			tables.count++
		case same[t.Name] > 1 && t.Database != "":
			row.name += " in " + terminal.Printable(t.Database)
		}
		if !f.NamesKnown {
			row.extra = []string{count(t.Images)}
		}
		tables.rows = append(tables.rows, row)
	}
	types := topTable{title: "RECORD TYPE", thing: "record type", count: f.RecordTypeCount, extra: []string{"IMAGES", "A RECORD"}}
	for _, t := range f.RecordTypes {
		types.rows = append(types.rows, topRow{terminal.Printable(t.Manager + "/" + t.Type), t.Sums, []string{count(t.Images), size(t.Bytes / max(t.Records, 1))}})
	}
	transactions := topTable{title: "TRANSACTION", thing: "transaction", extra: []string{"FIRST LSN", "LAST LSN", "END"}}
	for _, s := range f.TransactionStatus {
		transactions.count += s.Count
	}
	for _, t := range f.Transactions {
		transactions.rows = append(transactions.rows, topRow{fmt.Sprintf("%d (%s)", t.XID, t.Status), Sums{Records: t.Records, Bytes: t.Bytes, FPIBytes: t.FPIBytes},
			[]string{t.First.String(), t.Last.String(), moment(t.Time)}})
	}
	all := []topTable{tables, types, transactions}
	return slices.DeleteFunc(all, func(t topTable) bool { return len(t.rows) == 0 })
}

// notShown is the last line: what is left out, and how to see it.
func (f *Facts) notShown(tables []topTable, fitted bool) string {
	var parts []string
	for _, t := range tables {
		if more := t.count - int64(len(t.rows)); more > 0 {
			parts = append(parts, plural(more, "more "+t.thing))
		}
	}
	switch {
	case len(parts) == 0:
		return ""
	case fitted:
		return enumerated(parts[:1]) + ": add --all, or see walstats report"
	}
	return "\n" + enumerated(parts) + " wrote less: walstats convert has them all"
}

// draw writes the rows with their share of all bytes, and a bar of which the full part are
// images; name is a width, and so is room, for the bar and what else fits. Not all numbers fit in
// a narrow terminal.
func (t *topTable) draw(whole int64, name, room int, all bool) string {
	w := table.NewWriter()
	w.Style().Options = table.OptionsNoBordersAndSeparators
	w.Style().Box.PaddingLeft = ""
	w.Style().Box.PaddingRight = "  "
	right := func(number, width int, shown bool) table.ColumnConfig {
		return table.ColumnConfig{Number: number, WidthMin: width, Align: text.AlignRight, AlignHeader: text.AlignRight, Hidden: !shown}
	}
	header := table.Row{t.title, "BYTES", "SHARE", "RECORDS", "IN IMAGES", ""}
	bar, extra := max(0, min(maxBar, room)), 0
	columns := []table.ColumnConfig{
		{Number: 1, WidthMin: name, WidthMax: name, WidthMaxEnforcer: func(name string, width int) string { return text.Snip(name, width, "…") }},
		right(2, 6, true), right(3, 7, true), right(4, 10, all), right(5, 9, all), {Number: 6, WidthMin: bar},
	}
	left := room - bar
	for i, title := range t.extra {
		width := max(len(title), 9)
		for _, r := range t.rows {
			width = max(width, text.StringWidth(r.extra[i]))
		}
		if left -= width + 2; left < 0 {
			break
		}
		extra++
		header = append(header, title)
		columns = append(columns, right(6+extra, width, true))
	}
	w.AppendHeader(header)
	w.SetColumnConfigs(columns)
	cells := func(bytes int64) int {
		return int(float64(bytes)/float64(max(t.rows[0].Bytes, 1))*float64(bar) + .5)
	}
	for _, r := range t.rows {
		images := cells(r.FPIBytes)
		row := table.Row{r.name, size(r.Bytes), share(r.Bytes, whole), count(r.Records), share(r.FPIBytes, r.Bytes),
			strings.Repeat("█", images) + strings.Repeat("░", max(0, cells(r.Bytes)-images))}
		for _, text := range r.extra[:extra] {
			row = append(row, text)
		}
		w.AppendRow(row)
	}
	return w.Render()
}
