package report

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
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

// over is a chart over time, with checkpoints marked.
func (p page) over(label, detail string, layers []layer, yText func(float64) string, hover func(i int) string) *chart {
	c := &chart{label: label, detail: detail, layers: layers, yText: yText, xTicks: p.Over.ticks, marks: p.marks()}
	for i := range p.Over.Steps {
		text := p.Clock(i) + "\n" + hover(i)
		if p.Over.Steps[i].Estimated && p.Over.Steps[i].Bytes > 0 {
			text += "\nestimated: no transaction ended here"
		}
		c.hover = append(c.hover, text)
		c.estimated = append(c.estimated, p.Over.Steps[i].Estimated && p.Over.Steps[i].Bytes > 0)
	}
	return c
}

// marks are the redo points of checkpoints and their ends, at most one a step.
func (p page) marks() []mark {
	steps := map[int]int{}
	var marks []mark
	for _, c := range p.Checkpoints {
		text := strings.TrimSpace(c.Type+" checkpoint") + "\nbegan at " + strings.TrimSpace(c.Redo.String()+" "+moment(c.RedoTime)) +
			"\nended at " + strings.TrimSpace(c.LSN.String()+" "+moment(c.Time))
		for i, place := range []struct {
			lsn  record.LSN
			time *time.Time
		}{{c.Redo, c.RedoTime}, {c.LSN, c.Time}} {
			at, known := p.Over.at(place.time, place.lsn)
			if !known {
				continue
			}
			if old, there := steps[int(at)]; there {
				if marks[old].end && i == 0 {
					marks[old] = mark{at, text, false}
				} else if i == 0 && strings.Count(marks[old].text, "\n") < 8 {
					marks[old].text += "\n" + text
				}
				continue
			}
			steps[int(at)] = len(marks)
			marks = append(marks, mark{at, text, i == 1})
		}
	}
	return marks
}

// values are one number of every step.
func (p page) values(of func(s *Step) int64) []float64 {
	values := make([]float64, len(p.Over.Steps))
	for i := range values {
		values[i] = float64(of(&p.Over.Steps[i]))
	}
	return values
}

// ByManager is the WAL over time by resource manager.
func (p page) ByManager() *chart {
	var layers []layer
	for i, name := range p.Over.Layers {
		layers = append(layers, layer{name, inkLayer + ink(i), p.values(func(s *Step) int64 { return s.Layers[i] })})
	}
	return p.over("WAL "+p.Along()+" by resource manager", fmt.Sprintf("Bytes of WAL in steps of %s, stacked by resource manager, with checkpoints marked. The table below has the numbers.", p.Step()),
		layers, short, func(i int) string {
			s := p.Over.Steps[i]
			text := size(s.Bytes) + " in " + plural(s.Records, "record")
			for layer := len(s.Layers) - 1; layer >= 0; layer-- { // as they lie on each other
				if s.Layers[layer] > 0 {
					text += "\n" + p.Over.Layers[layer] + ": " + size(s.Layers[layer])
				}
			}
			return text
		})
}

// ImagesOver is full-page images against the rest of the WAL over time.
func (p page) ImagesOver() *chart {
	return p.over("Full-page images against records "+p.Along(), fmt.Sprintf("Bytes of full-page images and of records without them in steps of %s, with checkpoints marked. The table below has the numbers.", p.Step()),
		[]layer{
			{"records", inkRecords, p.values(func(s *Step) int64 { return s.RecordBytes() })},
			{"full-page images", inkImages, p.values(func(s *Step) int64 { return s.FPIBytes })},
		}, short, func(i int) string {
			s := p.Over.Steps[i]
			return fmt.Sprintf("%s, %s of it images\nfull-page images: %s (%s)\nrecords: %s", size(s.Bytes), share(s.FPIBytes, s.Bytes),
				size(s.FPIBytes), count(s.Sums.Images), size(s.RecordBytes()))
		})
}

// Ends are commits and rollbacks over time.
func (p page) Ends() *chart {
	c := p.over("Commits and rollbacks "+p.Along(), fmt.Sprintf("Transactions that committed and that were rolled back in steps of %s. The table below has the numbers.", p.Step()),
		[]layer{
			{"commits", inkRecords, p.values(func(s *Step) int64 { return s.Commits })},
			{"rollbacks", inkAborts, p.values(func(s *Step) int64 { return s.Aborts })},
		}, func(n float64) string { return count(int64(n)) }, func(i int) string {
			s := p.Over.Steps[i]
			return plural(s.Commits, "commit") + "\n" + plural(s.Aborts, "rollback")
		})
	c.estimated = nil // they have times of their own
	return c
}

// HasEnds says that some transaction ended.
func (p page) HasEnds() bool { return p.Over.Commits+p.Over.Aborts > 0 }

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

// A legendEntry says what a colour or a line means.
type legendEntry struct {
	Name  string
	Ink   template.CSS
	Style string // of what is no layer
}

// Legend explains the chart, the upper layers first.
func (c *chart) Legend() (entries []legendEntry) {
	for i := len(c.layers) - 1; i >= 0; i-- {
		entries = append(entries, legendEntry{Name: c.layers[i].name, Ink: c.layers[i].ink.Style()})
	}
	kinds := []struct {
		name, style string
		there       bool
	}{
		{"a checkpoint begins", "line", slices.ContainsFunc(c.marks, func(m mark) bool { return !m.end })},
		{"and ends", "line end", slices.ContainsFunc(c.marks, func(m mark) bool { return m.end })},
		{"estimated: spread between two known times", "estimated", slices.Contains(c.estimated, true)},
	}
	for _, k := range kinds {
		if k.there {
			entries = append(entries, legendEntry{Name: k.name, Style: k.style})
		}
	}
	return entries
}
