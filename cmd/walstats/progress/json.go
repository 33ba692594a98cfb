package progress

import (
	"encoding/json"
	"io"
	"sync"
	"time"
)

// JSON writes an event a line: begin, progress every five seconds, input and failed
// for each input.
func JSON(out io.Writer) *Events {
	return &Events{encoder: json.NewEncoder(out)}
}

// Events writes the events of [JSON].
type Events struct {
	mu      sync.Mutex
	encoder *json.Encoder
	last    time.Time
}

// Write writes one more event. Its fields are those of the value, and the event's
// name.
func (e *Events) Write(name string, fields map[string]any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	fields["event"] = name
	_ = e.encoder.Encode(fields)
}

func (e *Events) Begin(p Plan) {
	e.last = time.Now()
	e.Write("begin", map[string]any{"inputs": p.Inputs, "skipped": p.Skipped, "bytes": p.Bytes, "output": p.Output})
}

func (e *Events) Advance(t Totals) {
	if time.Since(e.last) < every {
		return
	}
	e.last = time.Now()
	e.Write("progress", map[string]any{"bytes": t.Bytes, "records": t.Records, "rejects": t.Rejects})
}

func (e *Events) Input(i Input) {
	e.Write("input", map[string]any{"path": i.Path, "how": i.How, "records": i.Records, "rejects": i.Rejects, "bytes": i.Bytes, "waiting": i.Waiting})
}

func (e *Events) Failed(path string, err error) {
	e.Write("failed", map[string]any{"path": path, "error": err.Error()})
}

func (e *Events) End() {}
