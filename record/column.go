package record

// Numbers holds a column of 32-bit numbers. It is wanted if Values is not nil.
type Numbers struct {
	Values []uint32
	Valid  []uint64 // one bit per row, 0 for NULL
}

// Wanted reports whether the caller supplied memory for the column.
func (c *Numbers) Wanted() bool { return c.Values != nil }

// SetNull makes row i NULL. The value becomes 0.
func (c *Numbers) SetNull(i int) {
	c.Values[i] = 0
	setNull(c.Valid, i)
}

// Times holds a column of times, in microseconds since 1970-01-01 00:00:00 UTC. It
// is wanted if Values is not nil.
type Times struct {
	Values []int64
	Valid  []uint64 // one bit per row, 0 for NULL
}

// Wanted reports whether the caller supplied memory for the column.
func (c *Times) Wanted() bool { return c.Values != nil }

// SetNull makes row i NULL. The value becomes 0.
func (c *Times) SetNull(i int) {
	c.Values[i] = 0
	setNull(c.Valid, i)
}

// Numbers64 holds a column of 64-bit numbers that may be NULL. It is wanted if Values is
// not nil.
type Numbers64 struct {
	Values []uint64
	Valid  []uint64 // one bit per row, 0 for NULL
}

// Wanted reports whether the caller supplied memory for the column.
func (c *Numbers64) Wanted() bool { return c.Values != nil }

// SetNull makes row i NULL. The value becomes 0.
func (c *Numbers64) SetNull(i int) {
	c.Values[i] = 0
	setNull(c.Valid, i)
}

// IsValid reports whether row i of a column with these Valid bits is not NULL.
func IsValid(valid []uint64, i int) bool { return valid[i>>6]>>(i&63)&1 == 1 }

func setNull(valid []uint64, i int) { valid[i>>6] &^= 1 << (i & 63) }

func setAllValid(valid []uint64) {
	for i := range valid {
		valid[i] = ^uint64(0)
	}
}
