package report

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"walstats/record"
)

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
