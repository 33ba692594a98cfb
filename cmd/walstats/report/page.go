package report

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"time"

	"walstats/record"
)

var (
	//go:embed page.html sections
	pageHTML embed.FS
	//go:embed page.css
	pageCSS string
)

var pageTemplate = template.Must(template.New("page.html").Funcs(template.FuncMap{
	"size": size, "count": count, "plural": plural, "share": share, "percent": percent, "moment": moment,
	"css":     func() template.CSS { return template.CSS(pageCSS) },
	"more":    func(shown int, all int64) int64 { return all - int64(shown) },
	"number":  func(n uint32) string { return count(int64(n)) },
	"seconds": func(n float64) string { return duration(time.Duration(n * float64(time.Second))) },
	"part":    func(part, whole int64) float64 { return float64(part) / float64(max(whole, 1)) },
	"row":     func(sums Sums, share float64, most int64) tableRow { return tableRow{sums, share, most} },
}).ParseFS(pageHTML, "page.html", "sections/*.html"))

// WritePage writes the facts as one page of HTML that needs nothing else.
func WritePage(w io.Writer, f *Facts) error {
	return pageTemplate.Execute(w, page{f})
}

// IsPage reports whether a file that begins with head is a page of WritePage.
func IsPage(head, _ []byte) bool {
	return bytes.Contains(head[:min(len(head), 1<<10)], []byte(`<meta name="generator" content="walstats `))
}

// IsFacts reports whether a file that begins with head is Facts in JSON.
func IsFacts(head, _ []byte) bool {
	return bytes.HasPrefix(head, []byte("{\n  \"inputs\": ")) && bytes.Contains(head, []byte("\"input_count\": "))
}

// A page is what the template asks for.
type page struct{ *Facts }

// Step names the length of the steps: 10 s.
func (p page) Step() string { return p.Over.stepName() }

// Clock is where a step begins: a time or an LSN.
func (p page) Clock(i int) string {
	if s := p.Over.Steps[i]; s.Time != nil {
		return p.Over.clock(*s.Time)
	}
	return record.LSN(p.Over.first + float64(i)*p.Over.Step).String()
}

// Span says from when to when, or from where to where.
func (p page) Span() string {
	switch {
	case p.Records == 0:
		return ""
	case p.FirstTime == nil:
		return p.FirstLSN.String() + " to " + p.LastLSN.String()
	}
	clock, date := "15:04:05", time.DateOnly+" "
	if p.LastTime.Sub(*p.FirstTime) < 10*time.Second {
		clock += ".000"
	}
	from := p.FirstTime.Format(date + clock)
	if p.FirstTime.Format(date) == p.LastTime.Format(date) {
		date = ""
	}
	return from + " to " + p.LastTime.Format(date+clock) + " " + p.Timezone
}

// Axis says what the x axis of the charts over time is.
func (p page) Axis() string {
	switch {
	case p.Over.Axis == "time":
		return p.Timezone + ", " + p.Over.Steps[0].Time.Format(time.DateOnly)
	case p.unread():
		return "LSN: the times of commits cannot be read without --timezone"
	case p.FirstTime != nil:
		return "LSN: there is one moment only"
	}
	return "LSN: no record here has a time"
}

// unread reports whether times are in a zone that is not known.
func (p page) unread() bool {
	return slices.ContainsFunc(p.Zones, func(z Zone) bool { return z.Unread > 0 })
}

// Along says what the WAL is laid out by.
func (p page) Along() string {
	if p.Over.Axis == "lsn" {
		return "by LSN"
	}
	return "over time"
}

// OfWhat is what the rows of tables are: relations where names are not known.
func (p page) OfWhat() string {
	if p.NamesKnown {
		return "Table"
	}
	return "Relation"
}

// First are the findings of the first screen, and More those after them.
func (p page) First() []Finding { return p.Findings[:min(len(p.Findings), firstFindings)] }
func (p page) More() []Finding  { return p.Findings[len(p.First()):] }

// Top are the tables of the first screen.
func (p page) Top() []Table { return p.Tables[:min(len(p.Tables), firstTables)] }

// firstTables is how many tables the first screen has room for.
const firstTables = 5

// Causes are why full-page images were written, those that there are.
func (p page) Causes() (all []cause) {
	for _, c := range []cause{
		{"A page’s first change after a checkpoint", "Fewer with checkpoints further apart; full_page_writes asks for them.", p.ImageCauses.FirstTouch},
		{"Whole new pages", "Index builds, copies and rewritten tables log them.", p.ImageCauses.NewPage},
		{"Hint bits alone", "Checksums or wal_log_hints are on.", p.ImageCauses.Hint},
	} {
		if c.Bytes > 0 {
			all = append(all, c)
		}
	}
	return all
}

// A cause of full-page images.
type cause struct {
	Name, Note string
	Bytes      int64
}

// Filtered says that the dumps were made with a filter.
func (p page) Filtered() bool { return p.filtered() }

// MostBytes is the largest table's, which its bar is as long as the column for.
func (p page) MostBytes() int64 {
	if len(p.Tables) == 0 {
		return 0
	}
	return p.Tables[0].Bytes
}

// MostTypeBytes is the same of record types.
func (p page) MostTypeBytes() int64 {
	if len(p.RecordTypes) == 0 {
		return 0
	}
	return p.RecordTypes[0].Bytes
}

// A tableRow is what the template "numbers" shows.
type tableRow struct {
	Sums
	Share float64
	Most  int64 // of the bytes of all rows
}

// A bar is the two parts of a bar in a table, as widths.
type bar struct{ Images, Records template.CSS }

// Bar is the sums as a bar; most fills its column.
func (s Sums) Bar(most int64) bar {
	width := func(part int64) template.CSS {
		return template.CSS(fmt.Sprintf("width:%.2f%%", 100*float64(part)/float64(max(most, 1))))
	}
	return bar{width(s.FPIBytes), width(s.RecordBytes())}
}
