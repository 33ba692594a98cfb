package source

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// A zstd frame names the memory that it needs: a file of a few bytes may ask for
// gigabytes. What zstd itself allows is read, more is an error.
func TestZstdWindow(t *testing.T) {
	for _, tt := range []struct {
		log  byte // the window has 1 << log bytes
		want error
	}{{20, nil}, {27, nil}, {28, zstd.ErrWindowSizeExceeded}, {31, zstd.ErrWindowSizeExceeded}} {
		// RFC 8878: magic, descriptor, window, and one last block of five raw bytes.
		frame := append([]byte("\x28\xB5\x2F\xFD\x00"), (tt.log-10)<<3, 5<<3|1, 0, 0, 'h', 'e', 'l', 'l', 'o')
		d := decompressor{compression: compressionOf(frame, "auto"), in: bufio.NewReader(bytes.NewReader(frame))}
		got, err := io.ReadAll(&d)
		d.Close()
		if !errors.Is(err, tt.want) || tt.want == nil && string(got) != "hello" {
			t.Errorf("a window of 1 << %d: %q, %v; want %v", tt.log, got, err, tt.want)
		}
	}
}
