package rmgr

import (
	"cmp"
	"strconv"
	"strings"
)

// Stats lists the resource managers for which that version's --stats prints a
// row even if no record was seen.
func (v Version) Stats() []string {
	names := make([]string, 0, builtin)
	for id := range ID(builtin) {
		if v.Valid(id) {
			names = append(names, managers[id].name)
		}
	}
	return names
}

// Versions returns the first and the last version that prints a name: a resource
// manager's, or with "manager/record type" that of a record type. A zero side is
// open. ok is false for a name that no version prints.
func Versions(name string) (first, last Version, ok bool) {
	manager, recordType, typed := strings.Cut(name, "/")
	place, known := byName[manager]
	if !known {
		return 0, 0, false
	}
	m := &managers[place.id]
	if !typed {
		return m.first, 0, true
	}
	for _, t := range m.types {
		if t.name != recordType {
			continue
		}
		if !ok || t.first < first {
			first = t.first
		}
		if !ok || t.last == 0 || last != 0 && t.last > last {
			last = t.last
		}
		ok = true
	}
	return max(first, m.first), last, ok
}

// A place says where a name stands in the order of statistics.
type place struct {
	id   int // of the resource manager, 256 if unknown
	info int // of the record type
}

var byName = func() map[string]place {
	places := map[string]place{}
	for id, m := range managers {
		places[m.name] = place{id: id}
		for i, t := range m.types {
			// A name that moved to another info sorts right in all versions at its first.
			if name := m.name + "/" + t.name; places[name] == (place{}) {
				places[name] = place{id, int(t.info)<<8 + i}
			}
		}
	}
	return places
}()

// Compare orders two names as pg_waldump --stats does: resource managers by ID,
// record types ("manager/record type") by info. Custom managers follow the
// built-in ones, other names come last.
func Compare(a, b string) int {
	p, q := placeOf(a), placeOf(b)
	return cmp.Or(cmp.Compare(p.id, q.id), cmp.Compare(p.info, q.info), cmp.Compare(a, b))
}

func placeOf(name string) place {
	if p, known := byName[name]; known {
		return p
	}
	manager, recordType, typed := strings.Cut(name, "/")
	p, known := byName[manager]
	if !known {
		p.id = 256
		if id, err := strconv.Atoi(strings.TrimPrefix(manager, "custom")); err == nil && int(FirstCustom) <= id && id < p.id {
			p.id = id
		}
	}
	if !typed {
		return p
	}
	p.info = 16 << 8 // after the known ones
	if digits, found := strings.CutPrefix(recordType, "UNKNOWN ("); found {
		if info, err := strconv.ParseUint(strings.TrimSuffix(digits, ")"), 16, 8); err == nil {
			p.info = int(info)>>4<<8 + 0xFF
		}
	}
	return p
}
