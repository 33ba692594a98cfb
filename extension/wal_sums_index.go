package extension

// A sumKey has the values that sums are found by.
type sumKey interface {
	comparable
	hash() uint64
}

type xidKey uint32

const hashFactor = 0x9E3779B97F4A7C15

func (k xidKey) hash() uint64 { return uint64(k) * hashFactor >> 32 }

func (k relationType) hash() uint64 {
	h := (uint64(k.tablespace)<<32 | uint64(k.file)) * hashFactor
	return (h ^ uint64(k.database)<<16 ^ uint64(k.code)) * hashFactor >> 32
}

// A sumIndex numbers keys: a hash table, as a map takes four times longer.
type sumIndex[K sumKey] struct {
	slots []int32  // numbers of keys, plus 1; 0 is free
	taken []uint32 // slots
	keys  []K
}

// clear forgets the keys.
func (x *sumIndex[K]) clear() {
	for _, slot := range x.taken {
		x.slots[slot] = 0
	}
	x.taken, x.keys = x.taken[:0], x.keys[:0]
}

// find returns the number of a key: they are numbered from 0 on as they are found first.
func (x *sumIndex[K]) find(k K) (n int, found bool) {
	if 2*len(x.keys) >= len(x.slots) {
		x.grow()
	}
	slot := x.slotOf(k)
	if i := x.slots[slot]; i != 0 {
		return int(i - 1), true
	}
	x.take(slot, k)
	return len(x.keys) - 1, false
}

// lookup returns the number of a key, -1 if it has none.
func (x *sumIndex[K]) lookup(k K) int {
	if len(x.keys) == 0 {
		return -1
	}
	return int(x.slots[x.slotOf(k)]) - 1
}

// slotOf returns the slot that has the key, or the free one where it belongs.
func (x *sumIndex[K]) slotOf(k K) uint32 {
	mask := uint32(len(x.slots) - 1)
	slot := uint32(k.hash()) & mask
	for i := x.slots[slot]; i != 0 && x.keys[i-1] != k; i = x.slots[slot] {
		slot = (slot + 1) & mask
	}
	return slot
}

func (x *sumIndex[K]) take(slot uint32, k K) {
	x.keys = append(x.keys, k)
	x.slots[slot] = int32(len(x.keys))
	x.taken = append(x.taken, slot)
}

// grow makes room for more keys.
func (x *sumIndex[K]) grow() {
	keys := x.keys
	x.slots = make([]int32, max(64, 2*len(x.slots)))
	x.taken, x.keys = x.taken[:0], make([]K, 0, len(x.slots)/2)
	for _, k := range keys {
		x.take(x.slotOf(k), k)
	}
}
