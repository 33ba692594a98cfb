package segments

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// dump runs one pg_waldump, which writes to out.
func (m *Maker) dump(s span, out *os.File) error {
	args := []string{"-p", m.links, "-t", fmt.Sprint(m.Chain.Timeline), "-s", s.begin.String()}
	if s.end != 0 {
		args = append(args, "-e", m.Chain.stop(s.end).String())
	}
	if m.Details {
		args = append(args, "--bkp-details")
	}
	var said strings.Builder
	cmd := exec.CommandContext(m.ctx, m.Program, args...)
	cmd.Stdout, cmd.Stderr = out, &said
	// Times are read as UTC, and messages as English.
	cmd.Env = append(os.Environ(), "TZ=UTC", "LC_ALL=C", "PG_COLOR=never")
	// At an interrupt from the terminal pg_waldump would end as if all were read.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return nil
	case m.ctx.Err() != nil:
		return context.Cause(m.ctx)
	case errors.As(err, &exit) && exit.Exited() && m.Chain.isEnd(said.String(), s):
		return nil
	case said.Len() > 0:
		return fmt.Errorf("pg_waldump failed: %s", inOneLine(said.String()))
	}
	return fmt.Errorf("%s: %w", strings.Join(cmd.Args, " "), err)
}

// link makes a folder in which the chain's segments have the names of one timeline,
// which is all that a pg_waldump follows; and where it sees no other segments, for it
// takes their size from any.
func (c *Chain) link(folder string) error {
	for _, s := range c.segments {
		if err := os.Symlink(s.path, filepath.Join(folder, segmentName(c.Timeline, s.number, c.header.segmentSize))); err != nil {
			return err
		}
	}
	return nil
}
