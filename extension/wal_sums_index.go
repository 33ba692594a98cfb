package extension

import "walstats/wal"

// A relationType has what a sum is of: tablespace and database, file and sumCode. They are 0
// without a block.
type relationType struct{ place, file uint64 }

func newRelationType(b *wal.Block, code sumCode) relationType {
	return relationType{uint64(b.Tablespace)<<32 | uint64(b.Database), uint64(b.File)<<32 | uint64(code)}
}

const hashFactor = 0x9E3779B97F4A7C15

func (k relationType) hash() uint32 { return uint32((k.place*hashFactor ^ k.file) * hashFactor >> 32) }

func hashOfXID(xid uint32) uint32 { return uint32(uint64(xid) * hashFactor >> 32) }

// A sumIndex numbers keys: a hash table, as a map takes four times longer.
type sumIndex[K comparable] struct {
	slots []int32  // numbers of keys, plus 1; 0 is free
	taken []uint32 // slots
	keys  []hashedKey[K]
}

type hashedKey[K comparable] struct {
	key  K
	hash uint32
}

// clear forgets the keys.
func (x *sumIndex[K]) clear() {
	for _, slot := range x.taken {
		x.slots[slot] = 0
	}
	x.taken, x.keys = x.taken[:0], x.keys[:0]
}

// find returns the number of a key: they are numbered from 0 on as they are found first.
func (x *sumIndex[K]) find(k K, hash uint32) (n int, found bool) {
	if 2*len(x.keys) >= len(x.slots) {
		x.grow()
	}
	slot := x.slotOf(k, hash)
	if i := x.slots[slot]; i != 0 {
		return int(i - 1), true
	}
	x.take(slot, k, hash)
	return len(x.keys) - 1, false
}

// lookup returns the number of a key, -1 if it has none.
func (x *sumIndex[K]) lookup(k K, hash uint32) int {
	if len(x.keys) == 0 {
		return -1
	}
	return int(x.slots[x.slotOf(k, hash)]) - 1
}

// slotOf returns the slot that has the key, or the free one where it belongs.
func (x *sumIndex[K]) slotOf(k K, hash uint32) uint32 {
	mask := uint32(len(x.slots) - 1)
	slot := hash & mask
	for i := x.slots[slot]; i != 0 && x.keys[i-1].key != k; i = x.slots[slot] {
		slot = (slot + 1) & mask
	}
	return slot
}

func (x *sumIndex[K]) take(slot uint32, k K, hash uint32) {
	x.keys = append(x.keys, hashedKey[K]{k, hash})
	x.slots[slot] = int32(len(x.keys))
	x.taken = append(x.taken, slot)
}

// grow makes room for more keys.
func (x *sumIndex[K]) grow() {
	keys := x.keys
	x.slots = make([]int32, max(64, 2*len(x.slots)))
	x.taken, x.keys = x.taken[:0], make([]hashedKey[K], 0, len(x.slots)/2)
	for _, k := range keys {
		x.take(x.slotOf(k.key, k.hash), k.key, k.hash)
	}
}
