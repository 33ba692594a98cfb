package source

import (
	"io/fs"
	"os"
	"sync"
)

// claimed maps the identity of a pipe to its claim. A pipe is consumed once, so a second
// call in the statement is an error.
var claimed = struct {
	sync.Mutex
	pipes map[any]*claim
}{pipes: map[any]*claim{}}

// A claim is the call that reads a pipe. refused is the error that another call got; the
// statement has failed then, and the first call need not wait for the pipe's writer.
type claim struct {
	caller  any
	refused error
}

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
		c := claimed.pipes[key]
		if ours[key] || c != nil && c.caller != caller {
			c.refused = newError(path, "is a pipe, which a statement can read only once",
				"read it into a table first: CREATE TABLE t AS FROM "+function+"('"+path+"')")
			return c.refused
		}
		ours[key] = true
		claimed.pipes[key] = &claim{caller: caller}
	}
	return nil
}

// ReleasePipes gives up the caller's claims.
func ReleasePipes(caller any) {
	claimed.Lock()
	defer claimed.Unlock()
	for key, c := range claimed.pipes {
		if c.caller == caller {
			delete(claimed.pipes, key)
		}
	}
}

// refused returns the error of a second call that asked for the pipe; nil without one.
func refused(pipe fs.FileInfo) error {
	claimed.Lock()
	defer claimed.Unlock()
	if c := claimed.pipes[pipeIdentity(pipe)]; c != nil {
		return c.refused
	}
	return nil
}
