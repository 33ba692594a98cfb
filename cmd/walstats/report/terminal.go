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

// The first screen of a terminal has room for this much.
const (
	topRelations    = 10
	topTypes        = 5
	topTransactions = 3
	minBar          = 8
	maxBar          = 30
	numbersWidth    = 42 // of the columns between the name and the bar
	fewNumbersWidth = 19 // of those that a narrow terminal has
)

// WriteTerminal writes the facts that come first, in lines of at most width
// characters, but at least 40.
func WriteTerminal(w io.Writer, f *Facts, width int) error {
	width = max(width, 40)
	var words []string
	for _, s := range f.Findings {
		words = append(words, terminal.Printable(s.String()))
	}
	screen := text.WrapSoft(strings.Join(words, " "), min(width, 100)) + "\n"
	for _, t := range f.tables(width) {
		screen += "\n" + t + "\n"
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

// A topRow is a line of a table.
type topRow struct {
	name string
	Sums
}

// tables are those of the first screen, their columns of the same widths.
func (f *Facts) tables(width int) (tables []string) {
	var relations, types, transactions []topRow
	for _, r := range f.Relations[:min(len(f.Relations), topRelations)] {
		name := r.Name
		switch {
		case r.File == "":
			name = "(no relation)"
		case r.Kind != "" && r.Kind != "table":
			name += " (" + r.Kind + ")"
		}
		relations = append(relations, topRow{terminal.Printable(name), r.Sums})
	}
	for _, t := range f.RecordTypes[:min(len(f.RecordTypes), topTypes)] {
		types = append(types, topRow{terminal.Printable(t.Manager + "/" + t.Type), t.Sums})
	}
	for _, t := range f.Transactions[:min(len(f.Transactions), topTransactions)] {
		transactions = append(transactions, topRow{fmt.Sprintf("%d (%s)", t.XID, t.Status), Sums{Records: t.Records, Bytes: t.Bytes, FPIBytes: t.FPIBytes}})
	}
	longest := 12
	for _, row := range slices.Concat(relations, types, transactions) {
		longest = max(longest, text.StringWidth(row.name))
	}
	numbers := numbersWidth
	if width < numbers+12 {
		numbers = fewNumbersWidth
	}
	free := width - numbers
	name := max(12, min(longest, free-minBar))
	bar := max(0, min(maxBar, free-name))
	for _, t := range []struct {
		title string
		rows  []topRow
	}{{"RELATION", relations}, {"RECORD TYPE", types}, {"TRANSACTION", transactions}} {
		if len(t.rows) > 0 {
			tables = append(tables, drawTable(t.title, t.rows, f.Bytes, name, bar, numbers == numbersWidth))
		}
	}
	return tables
}

// drawTable writes rows with their share of all bytes, and a bar of which the full part
// are images; name and bar are widths. Not all columns fit in a narrow terminal.
func drawTable(title string, rows []topRow, whole int64, name, bar int, all bool) string {
	t := table.NewWriter()
	t.Style().Options = table.OptionsNoBordersAndSeparators
	t.Style().Box.PaddingLeft = ""
	t.Style().Box.PaddingRight = "  "
	t.AppendHeader(table.Row{title, "BYTES", "SHARE", "RECORDS", "IN IMAGES", ""})
	right := func(number, width int, shown bool) table.ColumnConfig {
		return table.ColumnConfig{Number: number, WidthMin: width, Align: text.AlignRight, AlignHeader: text.AlignRight, Hidden: !shown}
	}
	t.SetColumnConfigs([]table.ColumnConfig{
		{Number: 1, WidthMin: name, WidthMax: name, WidthMaxEnforcer: func(name string, width int) string { return text.Snip(name, width, "…") }},
		right(2, 6, true), right(3, 7, true), right(4, 10, all), right(5, 9, all),
	})
	cells := func(bytes int64) int {
		return int(float64(bytes)/float64(max(rows[0].Bytes, 1))*float64(bar) + .5)
	}
	for _, r := range rows {
		images := cells(r.FPIBytes)
		t.AppendRow(table.Row{r.name, size(r.Bytes), share(r.Bytes, whole), count(r.Records), share(r.FPIBytes, r.Bytes),
			strings.Repeat("█", images) + strings.Repeat("░", max(0, cells(r.Bytes)-images))})
	}
	return t.Render()
}
