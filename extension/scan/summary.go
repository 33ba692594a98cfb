package scan

// Summarize returns the Input of a function whose rows are known only after all input
// was read. compute reads it, once, and returns the number of rows; set writes one of
// them into a row of b. DuckDB scans it with one thread.
func Summarize[B any](compute func() (rows int, err error), set func(b *B, i, row int), closer func()) *Input[B] {
	s := &summary[B]{compute: compute, set: set}
	return &Input[B]{Chunks: 1, Threads: 1, NewReader: func() Reader[B] { return s }, Close: closer}
}

// A summary reads all input as its one chunk.
type summary[B any] struct {
	compute    func() (int, error)
	set        func(b *B, i, row int)
	issued     bool
	next, rows int
}

func (s *summary[B]) Next() (bool, error) {
	first := !s.issued
	s.issued = true
	return first, nil
}

func (s *summary[B]) Load() (err error) {
	s.rows, err = s.compute()
	return err
}

func (s *summary[B]) Left() (int, error) { return s.rows - s.next, nil }

func (s *summary[B]) Fill(b *B, rows int) (int, error) {
	n := min(rows, s.rows-s.next)
	for i := range n {
		s.set(b, i, s.next+i)
	}
	s.next += n
	return n, nil
}

func (s *summary[B]) Release() {}
