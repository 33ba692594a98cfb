package report

import (
	"math"
	"strings"
	"time"

	"walstats/record"

	"gonum.org/v1/plot"
)

// at is where on a chart's x axis a moment or, on an axis of LSNs, an LSN lies.
func (o *Over) at(t *time.Time, lsn record.LSN) (x float64, known bool) {
	if o.Axis == "lsn" {
		x = (float64(lsn) - o.first) / o.Step
	} else if t != nil {
		x = (float64(t.UnixMicro())/1e6 - o.first) / o.Step
	} else {
		return 0, false
	}
	return x, x >= 0 && x <= float64(len(o.Steps))
}

// clock is a time as precise as the steps are.
func (o *Over) clock(t time.Time) string {
	switch {
	case o.Step < 1:
		return t.Format("15:04:05.000")
	case o.Step < 60:
		return t.Format("15:04:05")
	case len(o.Steps) > 0 && o.Step*float64(len(o.Steps)) > 86400:
		return t.Format("2006-01-02 15:04")
	}
	return t.Format("15:04")
}

// place is where the clock of the axis is.
func (o *Over) place() *time.Location {
	if len(o.Steps) > 0 && o.Steps[0].Time != nil {
		return o.Steps[0].Time.Location()
	}
	return time.UTC
}

// east is how many seconds the clock of the axis is ahead of UTC where it begins.
func (o *Over) east() float64 {
	if o.Axis == "lsn" {
		return 0
	}
	_, seconds := time.UnixMilli(int64(o.first * 1e3)).In(o.place()).Zone()
	return float64(seconds)
}

// ticks are at most so many, at round times or LSNs.
func (o *Over) ticks(most int) []plot.Tick {
	end := float64(len(o.Steps)) * o.Step
	var step float64
	if o.Axis == "lsn" {
		step = niceBytes(end / float64(most))
	} else {
		step = niceSeconds(end / float64(most))
	}
	var ticks []plot.Tick
	east := o.east() // so that ticks are at round times there
	for n := math.Ceil((o.first+east)/step - 1e-9); n*step <= o.first+east+end+1e-6; n++ {
		value := n*step - east
		label := ""
		if o.Axis == "lsn" {
			label = record.LSN(value).String()
		} else {
			label = tickTime(time.UnixMilli(int64(math.Round(value*1e3))).In(o.place()), step, len(ticks) == 0)
		}
		ticks = append(ticks, plot.Tick{Value: (value - o.first) / o.Step, Label: label})
	}
	return ticks
}

// tickTime is no longer than the distance of the ticks asks for.
func tickTime(t time.Time, step float64, first bool) string {
	midnight := t.Format("15:04:05") == "00:00:00"
	switch {
	case step >= 86400, step >= 600 && (midnight && !first):
		return t.Format("Jan 2")
	case step >= 60:
		return t.Format("15:04")
	case step >= 1:
		return t.Format("15:04:05")
	}
	text := t.Format("05.000")
	if step >= .1 {
		text = t.Format("05.0")
	} else if step >= .01 {
		text = t.Format("05.00")
	}
	if first {
		return t.Format("15:04:") + text
	}
	return ":" + text
}

// short is a size without a decimal that says nothing: 2 MB.
func short(bytes float64) string { return strings.Replace(size(int64(bytes)), ".0\u00a0", "\u00a0", 1) }
