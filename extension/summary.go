package extension

// A summary is the rows of a table that are known only when all has been read, each of
// its name. A batch of such a table has one.
type summary struct {
	read  bool
	names []string // of the rows, in order
	next  int
}

// fill has read read all, once, and then set the next rows, at most so many.
func (s *summary) fill(rows int, read func() error, set func(i int, name string)) (n int, err error) {
	if !s.read {
		s.read = true
		if err := read(); err != nil {
			return 0, err
		}
	}
	n = min(rows, len(s.names)-s.next)
	for i := range n {
		set(i, s.names[s.next+i])
	}
	s.next += n
	return n, nil
}
