package report

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dustin/go-humanize" // bytes and counts as people write them
)

// size is bytes as people write them: 1.2 GB.
func size(bytes int64) string {
	return strings.ReplaceAll(humanize.Bytes(uint64(max(bytes, 0))), " ", "\u00a0")
}

// count is a number with its thousands apart: 38,399.
func count(n int64) string { return humanize.Comma(n) }

// share is a part of a whole in percent; "under 1 %" is not "0 %".
func share(part, whole int64) string {
	if whole == 0 {
		return "0\u00a0%"
	}
	return percent(float64(part) / float64(whole))
}

func percent(share float64) string {
	switch p := share * 100; {
	case p == 0:
		return "0\u00a0%"
	case p < 0.1:
		return "<\u00a00.1\u00a0%"
	case p < 9.95:
		return fmt.Sprintf("%.1f\u00a0%%", p)
	case p < 100 && p > 99.5: // all is all
		return fmt.Sprintf("%.1f\u00a0%%", math.Min(p, 99.9))
	default:
		return fmt.Sprintf("%.0f\u00a0%%", p)
	}
}

// plural is a count of things: 1 commit, 2 commits.
func plural(n int64, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return count(n) + " " + thing
}

// duration is a length of time in its two largest units.
func duration(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d\u00a0ms", d.Milliseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f\u00a0s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.0f\u00a0s", d.Seconds())
	case d < time.Hour:
		d = d.Round(time.Second)
		return strings.TrimSuffix(fmt.Sprintf("%d\u00a0min %d\u00a0s", d/time.Minute, d%time.Minute/time.Second), " 0\u00a0s")
	case d < 48*time.Hour:
		d = d.Round(time.Minute)
		return strings.TrimSuffix(fmt.Sprintf("%d\u00a0h %d\u00a0min", d/time.Hour, d%time.Hour/time.Minute), " 0\u00a0min")
	default:
		return fmt.Sprintf("%.1f\u00a0days", d.Hours()/24)
	}
}

// stepName says how long a step of the WAL is: 10 s, 16 MB.
func (o *Over) stepName() string {
	if o.Axis == "lsn" {
		return strings.ReplaceAll(humanize.IBytes(uint64(o.Step)), " ", "\u00a0")
	}
	switch d := time.Duration(math.Round(o.Step * float64(time.Second))); {
	case d%(24*time.Hour) == 0:
		return fmt.Sprintf("%d\u00a0d", d/(24*time.Hour))
	case d%time.Hour == 0:
		return fmt.Sprintf("%d\u00a0h", d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf("%d\u00a0min", d/time.Minute)
	case d%time.Second == 0:
		return fmt.Sprintf("%d\u00a0s", d/time.Second)
	default:
		return fmt.Sprintf("%d\u00a0ms", d/time.Millisecond)
	}
}

// clipped is a text of at most maxText runes, valid UTF-8.
func clipped(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if utf8.RuneCountInString(text) <= maxText {
		return text
	}
	return string([]rune(text)[:maxText-1]) + "…"
}

// moment is a time as the page shows it.
func moment(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Format("2006-01-02 15:04:05.000")
}
