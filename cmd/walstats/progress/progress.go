// Package progress tells people and programs how far a batch is: a bar on a
// terminal, a plain line every five seconds elsewhere, events as JSON lines for
// programs.
package progress

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"

	"walstats/cmd/walstats/terminal"
)

// A Plan tells what a batch is going to do.
type Plan struct {
	Inputs  int   // to convert
	Skipped int   // in the output already
	Bytes   int64 // of the inputs, as they lie on disk; -1 if a pipe is among them
	Output  string
}

// Totals counts what was read so far.
type Totals struct{ Bytes, Records, Rejects int64 }

// An Input describes an input that is in the output now.
type Input struct {
	Path    string
	How     string // converted, redone, continued
	Records int64
	Rejects int64
	Bytes   int64
	Waiting bool // its end waits for the next run
}

// A Reporter is told of a batch as it goes. Advance is called from many threads, at
// every block, one call at a time.
type Reporter interface {
	Begin(Plan)
	Advance(Totals)
	Input(Input)
	Failed(path string, err error)
	End()
}

// Silent tells nothing.
type Silent struct{}

func (Silent) Begin(Plan)           {}
func (Silent) Advance(Totals)       {}
func (Silent) Input(Input)          {}
func (Silent) Failed(string, error) {}
func (Silent) End()                 {}

// For returns a bar if out is a terminal, lines if not.
func For(out *os.File) Reporter {
	if term.IsTerminal(int(out.Fd())) {
		return &bar{out: out}
	}
	return &lines{out: out}
}

// Quiet tells failures only.
func Quiet(out io.Writer) Reporter { return &quiet{out: out} }

type quiet struct {
	Silent
	out io.Writer
}

func (q *quiet) Failed(path string, err error) { fmt.Fprintln(q.out, failure(err)) }

// failure returns the line about an input that could not be converted.
func failure(err error) string { return "walstats: " + terminal.Printable(err.Error()) }

// lines shows progress in a log: a line every few seconds.
type lines struct {
	out   io.Writer
	mu    sync.Mutex
	plan  Plan
	now   Totals
	began time.Time
	stop  chan struct{}
	ended sync.WaitGroup
}

const every = 5 * time.Second

func (l *lines) Begin(p Plan) {
	l.plan, l.began, l.stop = p, time.Now(), make(chan struct{})
	l.ended.Go(func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-l.stop:
				return
			case <-ticker.C:
				l.mu.Lock()
				fmt.Fprintln(l.out, l.line())
				l.mu.Unlock()
			}
		}
	})
}

// line returns how far the batch is, with the time left if that is known.
func (l *lines) line() string {
	elapsed := time.Since(l.began)
	rate := float64(l.now.Bytes) / elapsed.Seconds()
	text := Bytes(l.now.Bytes)
	if l.plan.Bytes > 0 {
		text = fmt.Sprintf("%d %%, %s of %s", 100*l.now.Bytes/l.plan.Bytes, text, Bytes(l.plan.Bytes))
	}
	text += fmt.Sprintf(", %s/s, %d records, %d rejects", Bytes(int64(rate)), l.now.Records, l.now.Rejects)
	if left := l.plan.Bytes - l.now.Bytes; left > 0 && rate > 0 {
		text += fmt.Sprintf(", %s left", time.Duration(float64(left)/rate*float64(time.Second)).Round(time.Second))
	}
	return text
}

func (l *lines) Advance(t Totals) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now = t
}

func (l *lines) Input(Input) {}

func (l *lines) Failed(path string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintln(l.out, failure(err))
}

func (l *lines) End() {
	close(l.stop)
	l.ended.Wait()
}

// Bytes returns a size as people read it.
func Bytes(n int64) string {
	const units = "kMGTP"
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	size, unit := float64(n)/1000, 0
	for size >= 1000 && unit < len(units)-1 {
		size, unit = size/1000, unit+1
	}
	if size < 10 {
		return fmt.Sprintf("%.1f %cB", size, units[unit])
	}
	return fmt.Sprintf("%.0f %cB", size, units[unit])
}
