package extension

import (
	"fmt"
	"os"
	"sync"
)

// scanned are the pipes that were read, with the call of a statement that did:
// what one took from a pipe, no other of the statement will see.
var scanned = struct {
	sync.Mutex
	by map[any]any
}{by: map[any]any{}}

// claimPipe makes path, if it is a pipe, the caller's until it releases it.
func claimPipe(path string, caller any) error {
	info, err := os.Stat(onDisk(path))
	if err != nil || info.Mode().IsRegular() {
		return nil // opening it will say what is wrong
	}
	key := pipeIdentity(info)
	scanned.Lock()
	defer scanned.Unlock()
	if owner, taken := scanned.by[key]; taken && owner != caller {
		return fmt.Errorf("%s: is a pipe, which a statement can read only once; read it into a table first: CREATE TABLE t AS FROM read_waldump('%s')", path, path)
	}
	scanned.by[key] = caller
	return nil
}

// releasePipes gives back what the caller claimed.
func releasePipes(caller any) {
	scanned.Lock()
	defer scanned.Unlock()
	for key, owner := range scanned.by {
		if owner == caller {
			delete(scanned.by, key)
		}
	}
}
