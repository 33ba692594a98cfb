package batch

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/zeebo/xxh3" // checksums at the speed of memory
)

// A checksum is the checksum of the first bytes of a file, or of the bytes of its range.
type checksum struct {
	hash  *xxh3.Hasher
	begin int64
	end   int64 // what comes before it is in the hash
}

// advance adds the bytes of the input up to end.
func (c *checksum) advance(ctx context.Context, in *Input, end int64) error {
	if c.hash == nil {
		*c = checksum{hash: xxh3.New()}
		if in.part {
			c.begin, c.end = in.begin, in.begin
		}
	}
	file, err := os.Open(in.Path)
	if err != nil {
		return err
	}
	defer file.Close()
	buffer := make([]byte, 1<<20)
	for c.end < end && ctx.Err() == nil {
		n, err := file.ReadAt(buffer[:min(int64(len(buffer)), end-c.end)], c.end)
		_, _ = c.hash.Write(buffer[:n])
		if c.end += int64(n); err == io.EOF && c.end < end {
			return fmt.Errorf("it became shorter while it was read")
		} else if err != nil && err != io.EOF {
			return err
		}
	}
	return context.Cause(ctx)
}

func (c *checksum) String() string { return fmt.Sprintf("%032x", c.hash.Sum128().Bytes()) }

// advanceAll computes the checksums of a group while its inputs are converted, and
// returns a function that waits for them. An input that cannot be read fails in the
// scan, so that errors are not reported here: its checksum stays incomplete.
func advanceAll(ctx context.Context, group []task) (wait func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range group {
			if t := &group[i]; !t.Pipe {
				_ = t.sum.advance(ctx, &t.Input, t.readTo())
			}
		}
	}()
	return func() { <-done }
}
