package segments

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"walstats/cmd/walstats/session"
)

// A Maker makes the dumps of a chain's pieces, several at a time and ahead of who
// reads them. They are in memory, as files that any number of threads may read; a pipe
// is read by one, costs twice as much, and ends the same when its writer has failed.
type Maker struct {
	Chain   *Chain
	Pieces  []Piece
	Program string // the pg_waldump that fits: see Find
	Workers int    // how many run at a time
	Details bool   // --bkp-details

	ctx     context.Context // of Start
	cancel  context.CancelFunc
	running sync.WaitGroup
	folder  string // our own, with:
	links   string // the segments, under the names of one timeline
	texts   string // the dumps, under the paths of their segments

	mu      sync.Mutex
	changed *sync.Cond
	queue   []*text // in the order in which they are made
	next    int     // in it
	wanted  int     // those before it are asked for
	held    int64   // bytes of dumps that are there
	free    []*os.File
	byPath  map[string]*text
}

// A text is the dump of a piece.
type text struct {
	piece Piece
	place int    // in the queue
	path  string // to read it by
	file  *os.File
	size  int64
	made  bool
	err   error
}

// ahead is how many bytes of dumps there may be before anyone asks for the next.
const ahead = 256 << 20

// Start begins to make the dumps of these segments, in their order. Close ends it.
func (m *Maker) Start(ctx context.Context, segments []string) (err error) {
	m.changed = sync.NewCond(&m.mu)
	m.byPath = map[string]*text{}
	m.ctx, m.cancel = context.WithCancel(ctx)
	if m.folder, err = os.MkdirTemp("", "walstats.wal."); err != nil {
		return err
	}
	m.links, m.texts = filepath.Join(m.folder, "segments"), filepath.Join(m.folder, "dumps")
	if err := errors.Join(os.Mkdir(m.links, 0o700), os.MkdirAll(m.texts+m.Chain.dir, 0o700), m.Chain.link(m.links)); err != nil {
		return err
	}
	pieces := map[string]Piece{}
	for _, p := range m.Pieces {
		pieces[p.Path] = p
	}
	for _, path := range segments {
		if pieces[path].Path == "" {
			return fmt.Errorf("%s: is no segment of the chain", path)
		}
		t := &text{piece: pieces[path], place: len(m.queue), path: m.texts + path}
		m.queue = append(m.queue, t)
		m.byPath[path] = t
	}
	context.AfterFunc(m.ctx, func() { // the lock: nobody is between a look and a wait
		m.mu.Lock()
		defer m.mu.Unlock()
		m.changed.Broadcast()
	})
	for range max(1, m.Workers) {
		m.running.Go(m.work)
	}
	return nil
}

// work makes one dump after the other.
func (m *Maker) work() {
	for {
		m.mu.Lock()
		for m.ctx.Err() == nil && m.next < len(m.queue) && m.next >= m.wanted && m.held >= ahead {
			m.changed.Wait()
		}
		if m.ctx.Err() != nil || m.next == len(m.queue) {
			m.mu.Unlock()
			return
		}
		t := m.queue[m.next]
		m.next++
		if n := len(m.free); n > 0 {
			t.file, m.free = m.free[n-1], m.free[:n-1]
		}
		m.mu.Unlock()

		err := m.make(t)

		m.mu.Lock()
		t.made, t.err = true, err
		m.held += t.size
		m.changed.Broadcast()
		m.mu.Unlock()
	}
}

// make makes a dump. A file is written over from its beginning: memory that is there
// need not be got, and cleared, again.
func (m *Maker) make(t *text) (err error) {
	if t.file == nil {
		if t.file, err = memoryFile(); err != nil {
			return err
		}
	}
	if _, err := t.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if !t.piece.empty() {
		if err := m.dump(t.piece.span, t.file); err != nil {
			return fmt.Errorf("%s: %w", t.piece.Path, err)
		}
	}
	if t.size, err = t.file.Seek(0, io.SeekCurrent); err != nil {
		return err
	}
	if err := t.file.Truncate(t.size); err != nil {
		return err
	}
	return os.Symlink(memoryPath(t.file), t.path)
}

// Wait waits for the dumps of segments, which may come in any number but in the order
// of Start. They are files that are there until Release: in one folder, behind whose
// name comes the segment's path.
func (m *Maker) Wait(segments []string) (paths []string, errs []error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, path := range segments {
		m.wanted = max(m.wanted, m.byPath[path].place+1)
	}
	m.changed.Broadcast()
	for _, path := range segments {
		t := m.byPath[path]
		for !t.made && m.ctx.Err() == nil {
			m.changed.Wait()
		}
		err := t.err
		if !t.made {
			err = context.Cause(m.ctx)
		}
		paths, errs = append(paths, t.path), append(errs, err)
	}
	return paths, errs
}

// PathSQL is SQL that tells from a record's start_lsn which of the segments it is in.
func (m *Maker) PathSQL(segments []string) string {
	last := len(segments) - 1
	sql := session.Quote(segments[last])
	if last == 0 {
		return sql
	}
	var branches strings.Builder
	for _, path := range segments[:last] {
		fmt.Fprintf(&branches, " WHEN start_lsn::UBIGINT < %d::UBIGINT THEN %s", m.byPath[path].piece.limit, session.Quote(path))
	}
	return "CASE" + branches.String() + " ELSE " + sql + " END"
}

// Release gives the dumps of segments back.
func (m *Maker) Release(segments []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, path := range segments {
		t := m.byPath[path]
		if t.file == nil || !t.made {
			continue
		}
		os.Remove(t.path)
		m.free = append(m.free, t.file)
		m.held -= t.size
		t.file, t.size = nil, 0
	}
	m.changed.Broadcast()
}

// Close ends what is under way, and gives everything back.
func (m *Maker) Close() error {
	m.cancel()
	m.running.Wait()
	for _, t := range m.queue {
		if t.file != nil {
			m.free = append(m.free, t.file)
		}
	}
	for _, file := range m.free {
		file.Close()
	}
	return os.RemoveAll(m.folder)
}
