package report

import (
	"testing"
	"time"

	"walstats/record"
)

// Whatever the WAL spans, steps and ticks are few, in order and at round times.
func TestAxis(t *testing.T) {
	from := time.Date(2026, 12, 31, 23, 17, 43, 123456000, time.UTC)
	for _, span := range []time.Duration{
		time.Microsecond, time.Millisecond, 40 * time.Millisecond, time.Second, 59 * time.Second, 10 * time.Minute, 7 * time.Hour,
		26 * time.Hour, 9 * 24 * time.Hour, 400 * 24 * time.Hour, 40 * 365 * 24 * time.Hour,
	} {
		step := niceSeconds(span.Seconds() / (maxSteps - 1))
		steps := int(span.Seconds()/step) + 2
		if steps > maxSteps+2 {
			t.Errorf("%v: %d steps of %v s", span, steps, step)
		}
		o := Over{Axis: "time", Step: step, Steps: make([]Step, steps), first: float64(from.UnixMicro())/1e6 - 0.3*step}
		for _, most := range []int{4, 11} {
			ticks := o.ticks(most)
			if len(ticks) == 0 && span > time.Second || len(ticks) > most+1 {
				t.Errorf("%v: %d ticks, at most %d", span, len(ticks), most)
			}
			for i, tick := range ticks {
				if tick.Value < 0 || tick.Value > float64(steps)+1e-6 || tick.Label == "" || i > 0 && tick.Value <= ticks[i-1].Value {
					t.Errorf("%v: tick %d is %+v", span, i, tick)
				}
				if i > 0 && tick.Label == ticks[i-1].Label {
					t.Errorf("%v: %s twice", span, tick.Label)
				}
			}
		}
	}
	for _, c := range []struct {
		at    time.Time
		step  float64
		first bool
		want  string
	}{
		{from.Truncate(time.Hour), 3600, false, "23:00"},
		{from.Truncate(time.Second), 5, true, "23:17:43"},
		{from.Truncate(time.Millisecond), .001, false, ":43.123"},
		{time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), 3600, false, "Jan 1"},
		{time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), 86400, true, "Jan 1"},
	} {
		if got := tickTime(c.at, c.step, c.first); got != c.want {
			t.Errorf("%v every %v s: %s, want %s", c.at, c.step, got, c.want)
		}
	}
}

func TestUnits(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{size(0), "0\u00a0B"}, {size(1_200_000_000), "1.2\u00a0GB"}, {short(2_000_000), "2\u00a0MB"},
		{share(0, 5), "0\u00a0%"}, {share(1, 5000), "<\u00a00.1\u00a0%"}, {share(1, 0), "0\u00a0%"},
		{share(9999, 10000), "99.9\u00a0%"}, {share(5, 5), "100\u00a0%"}, {share(72, 100), "72\u00a0%"},
		{plural(1, "commit"), "1 commit"}, {plural(1200, "commit"), "1,200 commits"},
		{duration(250 * time.Millisecond), "250\u00a0ms"}, {duration(5400 * time.Millisecond), "5.4\u00a0s"},
		{duration(10 * time.Minute), "10\u00a0min"}, {duration(90 * time.Second), "1\u00a0min 30\u00a0s"}, {duration(25 * time.Hour), "25\u00a0h"},
		{duration(72 * time.Hour), "3.0\u00a0days"}, {record.LSN(0x1_0195_3528).String(), "1/01953528"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}
