package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"walstats/record"

	"gonum.org/v1/plot"
)

var (
	//go:embed page.html
	pageHTML string
	//go:embed page.css
	pageCSS string
)

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"size": size, "count": count, "plural": plural, "share": share, "percent": percent, "moment": moment,
	"css":     func() template.CSS { return template.CSS(pageCSS) },
	"more":    func(shown int, all int64) int64 { return all - int64(shown) },
	"count64": func(n uint32) string { return count(int64(n)) },
}).Parse(pageHTML))

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

// Span says from when to when, in UTC, or from where to where.
func (p page) Span() string {
	switch {
	case p.Records == 0:
		return ""
	case p.FirstTime == nil:
		return p.FirstLSN.String() + " to " + p.LastLSN.String()
	case p.FirstTime.Truncate(24 * 60 * 60 * 1e9).Equal(p.LastTime.Truncate(24 * 60 * 60 * 1e9)):
		return p.FirstTime.UTC().Format("2006-01-02 15:04:05") + " to " + p.LastTime.UTC().Format("15:04:05") + " UTC"
	}
	return p.FirstTime.UTC().Format("2006-01-02 15:04:05") + " to " + p.LastTime.UTC().Format("2006-01-02 15:04:05") + " UTC"
}

// Axis says what the x axis of the charts over time is.
func (p page) Axis() string {
	if p.Over.Axis == "lsn" {
		return "LSN: no record in these dumps has a time"
	}
	return "UTC, " + p.Over.Steps[0].Time.Format("2006-01-02")
}

// Along says what the WAL is laid out by.
func (p page) Along() string {
	if p.Over.Axis == "lsn" {
		return "by LSN"
	}
	return "over time"
}

// Rate is bytes a second, "" where there are no times.
func (p page) Rate() string {
	if p.Over.Axis != "time" {
		return ""
	}
	return size(int64(float64(p.Bytes)/p.LastTime.Sub(*p.FirstTime).Seconds())) + "/s"
}

// Every says how often there is a checkpoint.
func (p page) Every() string {
	if p.Over.Axis != "time" || p.CheckpointCount < 2 {
		return ""
	}
	return "every " + duration(p.LastTime.Sub(*p.FirstTime)/time.Duration(p.CheckpointCount))
}

// MostShare is the largest relation's part of all bytes.
func (p page) MostShare() string {
	for _, r := range p.Relations {
		if r.File != "" {
			return percent(r.Share)
		}
	}
	return ""
}

// Filtered says that the dumps were made with a filter.
func (p page) Filtered() bool { return p.filtered() }

// MostBytes is the largest relation's, which its bar is as long as the column for.
func (p page) MostBytes() int64 {
	if len(p.Relations) == 0 {
		return 0
	}
	return p.Relations[0].Bytes
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
		c.hover = append(c.hover, p.Clock(i)+"\n"+hover(i))
	}
	return c
}

// marks are the checkpoints, at most one a step.
func (p page) marks() []mark {
	steps := map[int]int{}
	var marks []mark
	for _, c := range p.Checkpoints {
		at, known := p.Over.at(c.Time, c.LSN)
		if !known {
			continue
		}
		text := strings.TrimSpace(c.Type+" checkpoint "+moment(c.Time)) + "\nrecord " + c.LSN.String() + ", redo point " + c.Redo.String()
		if i, there := steps[int(at)]; there {
			if strings.Count(marks[i].text, "\n") < 8 {
				marks[i].text += "\n" + text
			}
			continue
		}
		steps[int(at)] = len(marks)
		marks = append(marks, mark{at, text})
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
	return p.over("Commits and rollbacks "+p.Along(), fmt.Sprintf("Transactions that committed and that were rolled back in steps of %s. The table below has the numbers.", p.Step()),
		[]layer{
			{"commits", inkRecords, p.values(func(s *Step) int64 { return s.Commits })},
			{"rollbacks", inkAborts, p.values(func(s *Step) int64 { return s.Aborts })},
		}, func(n float64) string { return count(int64(n)) }, func(i int) string {
			s := p.Over.Steps[i]
			return plural(s.Commits, "commit") + "\n" + plural(s.Aborts, "rollback")
		})
}

// HasEnds says that some transaction ended.
func (p page) HasEnds() bool { return p.Over.Commits+p.Over.Aborts > 0 }

// Since is the WAL by its distance from the checkpoint before it.
func (p page) Since() *chart {
	s := p.SinceCheckpoint
	c := &chart{
		label:  "Full-page images behind a checkpoint",
		detail: fmt.Sprintf("Bytes of full-page images and of records by how far they lie behind a checkpoint's redo point, in steps of %d MiB, all checkpoints together.", s.StepMiB),
		yText:  short,
		xTicks: func(most int) (ticks []plot.Tick) {
			end := float64(int64(len(s.Steps)) * s.StepMiB)
			step := niceCount(end / float64(most))
			for value := 0.0; value <= end; value += step {
				ticks = append(ticks, plot.Tick{Value: value / float64(s.StepMiB), Label: count(int64(value)) + " MiB"})
			}
			return ticks
		},
		layers: []layer{{"records", inkRecords, nil}, {"full-page images", inkImages, nil}},
	}
	for i, step := range s.Steps {
		c.layers[0].values = append(c.layers[0].values, float64(step.RecordBytes()))
		c.layers[1].values = append(c.layers[1].values, float64(step.FPIBytes))
		c.hover = append(c.hover, fmt.Sprintf("%s behind a redo point\nfull-page images: %s (%s)\nrecords: %s", p.Behind(i),
			size(step.FPIBytes), count(step.Images), size(step.RecordBytes())))
	}
	return c
}

// Behind is a step of Since.
func (p page) Behind(i int) string {
	step := p.SinceCheckpoint.StepMiB
	return fmt.Sprintf("%s to %s MiB", count(int64(i)*step), count(int64(i+1)*step))
}

// HasSince says that there are images worth a chart, and checkpoints before them.
func (p page) HasSince() bool { return p.SinceCheckpoint.Half > 0 && !p.fewImages() }

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
	Name string
	Ink  template.CSS
	Line bool
}

// Legend explains the chart, the upper layers first.
func (c *chart) Legend() (entries []legendEntry) {
	for i := len(c.layers) - 1; i >= 0; i-- {
		entries = append(entries, legendEntry{Name: c.layers[i].name, Ink: c.layers[i].ink.Style()})
	}
	if len(c.marks) > 0 {
		entries = append(entries, legendEntry{Name: "checkpoint", Line: true})
	}
	return entries
}
