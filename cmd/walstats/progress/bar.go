package progress

import (
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3" // a bar that fits any terminal, with rate and time left
)

// A bar shows progress in a terminal. It vanishes when the batch ends.
type bar struct {
	out *os.File
	mu  sync.Mutex
	bar *progressbar.ProgressBar
}

func (b *bar) Begin(p Plan) {
	if p.Inputs == 0 {
		return
	}
	b.bar = progressbar.NewOptions64(p.Bytes,
		progressbar.OptionSetWriter(b.out),
		progressbar.OptionShowBytes(true),
		progressbar.OptionShowTotalBytes(true),
		progressbar.OptionSetWidth(20),
		progressbar.OptionThrottle(200*time.Millisecond),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionClearOnFinish(),
	)
}

func (b *bar) Advance(t Totals) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.bar == nil {
		return
	}
	b.bar.Describe(fmt.Sprintf("%d records, %d rejects", t.Records, t.Rejects))
	size := t.Bytes
	if most := b.bar.GetMax64(); most > 0 { // a full bar would go
		size = min(size, most-1)
	}
	_ = b.bar.Set64(size)
}

func (b *bar) Input(Input) {}

func (b *bar) Failed(path string, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.bar != nil {
		_ = b.bar.Clear()
	}
	fmt.Fprintln(b.out, failure(err))
}

func (b *bar) End() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.bar != nil {
		_ = b.bar.Finish()
	}
}
