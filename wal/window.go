package wal

import (
	"errors"
	"io/fs"
	"sync"
)

// A scan has so many segments open after the one that it issues, and before it, where
// readers may still be: each waits for the one before. A server removes old segments, or
// gives them the names of later ones; one that is open can be read all the same.
const (
	openAhead  = 128
	openBefore = 64
)

// A window has the segments open that a scan will come to. Compressed ones are not
// those of a server, so they stay closed.
type window struct {
	set *Set

	mu    sync.Mutex
	first int // of set.Segments: those before are of no use any more
	next  int // to be opened
	files map[*Segment]*sharedFile
	ended bool
}

// A sharedFile is closed when each of its users has closed it.
type sharedFile struct {
	File
	window *window
	users  int
}

// Close gives the file up.
func (f *sharedFile) Close() error {
	f.window.mu.Lock()
	f.users--
	last := f.users == 0
	f.window.mu.Unlock()
	if last {
		return f.File.Close()
	}
	return nil
}

// moveTo opens segments up to openAhead after the i-th, and gives up those long before.
// It returns the first after those that a server has removed since they were found: it
// removes them in no order.
func (w *window) moveTo(i int) (present int) {
	w.mu.Lock()
	var old []*sharedFile
	for ; w.first < i-openBefore; w.first++ {
		segment := &w.set.Segments[w.first]
		if f := w.files[segment]; f != nil {
			old = append(old, f)
			delete(w.files, segment)
		}
	}
	w.next = max(w.next, i)
	present = i
	for ; w.next < len(w.set.Segments) && w.next <= i+openAhead && !w.ended; w.next++ {
		segment := &w.set.Segments[w.next]
		if segment.Compression != "" {
			continue
		}
		file, err := w.set.files.Open(segment.Path)
		switch {
		case err == nil:
			w.files[segment] = &sharedFile{File: file, window: w, users: 1}
		case errors.Is(err, fs.ErrNotExist):
			present = w.next + 1
		} // reading the segment will say what is wrong
	}
	w.mu.Unlock()
	for _, f := range old {
		f.Close()
	}
	return present
}

// open opens a segment.
func (w *window) open(segment *Segment) (File, error) {
	w.mu.Lock()
	f := w.files[segment]
	if f != nil {
		f.users++
	}
	w.mu.Unlock()
	if f != nil {
		return f, nil
	}
	return w.set.files.Open(segment.Path)
}

// close gives up all files.
func (w *window) close() {
	w.mu.Lock()
	w.ended = true
	files := w.files
	w.files = map[*Segment]*sharedFile{}
	w.mu.Unlock()
	for _, f := range files {
		f.Close()
	}
}
