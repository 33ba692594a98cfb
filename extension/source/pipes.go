package source

import (
	"os"
	"sync"
)

// claimed maps a pipe to the call that reads it. A pipe is consumed once, so a second
// call in the statement is an error.
var claimed = struct {
	sync.Mutex
	by map[any]any
}{by: map[any]any{}}

// ClaimPipes makes the pipes at paths the caller's until [ReleasePipes]. It returns an
// error if one of them is another caller's, or is there twice; function is named in the
// advice.
func ClaimPipes(paths []string, caller any, function string) error {
	ours := map[any]bool{}
	claimed.Lock()
	defer claimed.Unlock()
	for _, path := range paths {
		info, err := os.Stat(onDisk(path))
		if err != nil {
			continue // opening it will say what is wrong
		}
		key := pipeIdentity(info)
		if owner, taken := claimed.by[key]; ours[key] || taken && owner != caller {
			return newError(path, "is a pipe, which a statement can read only once",
				"read it into a table first: CREATE TABLE t AS FROM "+function+"('"+path+"')")
		}
		ours[key] = true
		claimed.by[key] = caller
	}
	return nil
}

// ReleasePipes gives up the caller's claims.
func ReleasePipes(caller any) {
	claimed.Lock()
	defer claimed.Unlock()
	for key, owner := range claimed.by {
		if owner == caller {
			delete(claimed.by, key)
		}
	}
}
