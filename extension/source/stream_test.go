package source

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

const line = "one line of the text\n"

// lastLine cuts before the last line that begins in text.
func lastLine(text []byte) int {
	return bytes.LastIndexByte(text[:len(text)-1], '\n') + 1
}

func startStream(from io.Reader, closer func()) *stream {
	s := newPulledStream("wal.dump", from, &counted{from: from}, closer)
	s.start()
	return s
}

// A pipe whose writer falls silent: the lines that are there can be read soon, and
// Close does not wait for the writer.
func TestSilentPipe(t *testing.T) {
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	s := startStream(in, func() { in.Close() })
	io.WriteString(out, strings.Repeat(line, 3))
	begin := time.Now()
	limit, err := s.Reach(0, bufferSize, lastLine)
	if err != nil || limit != int64(2*len(line)) {
		t.Errorf("Reach = %d, %v; want the start of the last line, %d", limit, err, 2*len(line))
	}
	// A person who watches a slow pipe sees its rows at once.
	if waited := time.Since(begin); waited > time.Second {
		t.Errorf("Reach waited %v for a full chunk", waited)
	}
	waiting := make(chan error)
	go func() {
		_, err := s.Reach(int64(3*len(line)), bufferSize, lastLine)
		waiting <- err
	}()
	time.Sleep(100 * time.Millisecond) // until Reach waits for the writer
	s.Close()
	select {
	case err := <-waiting:
		if !errors.Is(err, os.ErrClosed) {
			t.Errorf("a reader that waited: %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("a reader waits for ever")
	}
}

// What is read ahead is bounded, and a chunk longer than that can still be read.
func TestStreamWindow(t *testing.T) {
	s := startStream(strings.NewReader(strings.Repeat("x", 4*streamAhead)), func() {})
	defer s.Close()
	if _, _, err := s.Read(make([]byte, 10), 0, 10); err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond)
	s.mu.Lock()
	if s.produced > streamAhead+bufferSize {
		t.Errorf("%d bytes are read ahead", s.produced)
	}
	s.mu.Unlock()
	if n, last, err := s.Read(make([]byte, 5*streamAhead), 0, 5*streamAhead); n != 4*streamAhead || !last || err != nil {
		t.Errorf("Read = %d, %v, %v", n, last, err)
	}
}

// readAll reads a source to its end, in chunks.
func readAll(s Source) (all []byte, err error) {
	for begin := int64(0); ; {
		limit, err := s.Reach(begin, bufferSize, lastLine)
		if err != nil || limit == begin {
			return all, err
		}
		p := make([]byte, limit-begin)
		n, _, err := s.Read(p, begin, len(p))
		if all = append(all, p[:n]...); err != nil {
			return all, err
		}
		s.Release(limit)
		begin = limit
	}
}

// A stream that breaks off gives its error, and not only what came before.
func TestStreamsThatBreakOff(t *testing.T) {
	broken := errors.New("the cable is cut")
	text := strings.Repeat(line, 4<<20/len(line))
	for _, size := range []int{0, 1, 1000, 1 << 20, 3<<20 + 5} {
		s := startStream(io.MultiReader(strings.NewReader(text[:size]), brokenReader{broken}), func() {})
		_, err := readAll(s)
		s.Close()
		if !errors.Is(err, broken) || !strings.HasPrefix(err.Error(), "wal.dump: ") {
			t.Errorf("after %d bytes: got error %v", size, err)
		}
	}
}

type brokenReader struct{ error }

func (r brokenReader) Read([]byte) (int, error) { return 0, r.error }

// A panic of what a stream reads is an error.
func TestStreamsThatPanic(t *testing.T) {
	s := startStream(panicReader{}, func() {})
	defer s.Close()
	if _, err := readAll(s); err == nil || !strings.Contains(err.Error(), "internal error: oh no") {
		t.Errorf("got error %v", err)
	}
}

type panicReader struct{}

func (panicReader) Read([]byte) (int, error) { panic("oh no") }
