package scan

import (
	"walstats/cshim"
	"walstats/record"
)

// Sets holds a column of sets of names: VARCHAR[] in SQL. A row has a bit for each
// name.
type Sets struct {
	Names []string
	Rows  []uint8 // NullSet for NULL
}

// NullSet is the row of a NULL.
const NullSet = 0xFF

// lend makes room for n rows. They are Go's own memory; write puts them into a vector.
func (s *Sets) lend(n int) {
	if cap(s.Rows) < n {
		s.Rows = make([]uint8, n)
	}
	s.Rows = s.Rows[:n]
}

// write puts n rows into v.
func (s *Sets) write(v cshim.Vector, n int) error {
	lists := cshim.Data[cshim.ListEntry](v, n)
	total := 0
	for i, row := range s.Rows[:n] {
		lists[i] = cshim.ListEntry{Offset: uint64(total)}
		if row == NullSet {
			v.Validity(n).SetNull(i)
			continue
		}
		for bit := range s.Names {
			total += int(row >> bit & 1)
		}
		lists[i].Length = uint64(total) - lists[i].Offset
	}
	child, err := v.ResizeList(total)
	if err != nil || total == 0 {
		return err
	}
	names := record.Strings{Rows: cshim.Data[record.String](child, total)}
	own := make([]record.String, len(s.Names))
	for bit, name := range s.Names {
		names.Set(0, []byte(name))
		own[bit] = names.Rows[0]
	}
	at := 0
	for _, row := range s.Rows[:n] {
		for bit := range s.Names {
			if row != NullSet && row>>bit&1 != 0 {
				names.Rows[at] = own[bit]
				at++
			}
		}
	}
	return child.SetStrings(total, names.Arena)
}
