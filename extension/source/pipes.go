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

// ClaimPipe makes the pipe at path the caller's until [ReleasePipes]. It returns an
// error if the pipe is another caller's; function is named in the advice.
func ClaimPipe(path string, caller any, function string) error {
	info, err := os.Stat(onDisk(path))
	if err != nil {
		return nil // opening it will say what is wrong
	}
	key := pipeIdentity(info)
	claimed.Lock()
	defer claimed.Unlock()
	if owner, taken := claimed.by[key]; taken && owner != caller {
		return newError(path, "is a pipe, which a statement can read only once",
			"read it into a table first: CREATE TABLE t AS FROM "+function+"('"+path+"')")
	}
	claimed.by[key] = caller
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
