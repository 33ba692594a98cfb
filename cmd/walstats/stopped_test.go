package main

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"walstats/cmd/walstats/session"
)

// An interrupt keeps what was finished, says so, and is the exit code.
func TestInterrupted(t *testing.T) {
	data, err := filepath.Abs("../../test/data/slices/pg16.waldump.gz")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(folder, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := walstats(folder, "convert", data, "pipe", "-o", "wal.duckdb", "--json")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for events := bufio.NewScanner(stdout); events.Scan(); {
		if strings.Contains(events.Text(), `"event":"input"`) {
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit code %d", code)
	}
	if !strings.HasPrefix(stderr.String(), "walstats: interrupted") || !strings.Contains(stderr.String(), "in wal.duckdb") {
		t.Errorf("stderr: %s", &stderr)
	}
	if got := rowsOf(t, filepath.Join(folder, "wal.duckdb"), "SELECT count(DISTINCT filename) FROM wal"); got != "1\n" {
		t.Errorf("inputs in the output: %s", got)
	}
}

// What waits for a pipe without a writer ends at the first signal.
func TestInterruptedPipe(t *testing.T) {
	folder := t.TempDir()
	pipe := filepath.Join(folder, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for signal, code := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143} {
		for _, args := range [][]string{{"top", pipe}, {"report", pipe, "-o", "report.html"}, {"inspect", pipe}, {"stats", pipe}} {
			got, said := -1, ""
			// Before it handles signals, one kills it, which is no exit code.
			for wait := 100 * time.Millisecond; got < 0 && wait < 10*time.Second; wait *= 2 {
				cmd := walstats(folder, args...)
				var stderr bytes.Buffer
				cmd.Stderr = &stderr
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				time.Sleep(wait)
				if err := cmd.Process.Signal(signal); err != nil {
					t.Fatal(err)
				}
				_ = cmd.Wait()
				got, said = cmd.ProcessState.ExitCode(), stderr.String()
			}
			if got != code || said != "walstats: interrupted\n" {
				t.Errorf("%v, %v: exit code %d, %s", args, signal, got, said)
			}
		}
	}
	if names, _ := os.ReadDir(folder); len(names) != 1 {
		t.Errorf("left: %v", names)
	}
}

// A terminal shows the names that others chose, and does not obey them.
func TestTerminalObeysNoName(t *testing.T) {
	folder := t.TempDir()
	line := "rmgr: H\x1b[31m       len (rec/tot):     59/    59, tx:        742, lsn: 0/0A000060, prev 0/0A000028, desc: INSERT off: 4, blkref #0: rel 1663/16384/16391 blk 0\n"
	dump := filepath.Join(folder, "n\x1b[2Jame.dump")
	if err := os.WriteFile(dump, []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"stats", dump}, {"top", dump}, {"inspect", dump}, {"convert", dump, "-o", "n\x1b[2Jame.duckdb"}, {"report", dump, "-o", "n\x1b[2Jame.html"},
		{"top", "no\x1b[2J.dump"}, {"convert", "no\x1b[2J.dump", dump, "-o", "other.duckdb"},
	} {
		python := []string{"-c", "import os, pty, sys; status = pty.spawn(sys.argv[1:]); sys.exit(os.waitstatus_to_exitcode(status))", os.Args[0]}
		cmd := walstats(folder, args...)
		spawn := exec.Command("python3", append(python, args...)...)
		spawn.Dir, spawn.Env = cmd.Dir, cmd.Env
		out, _ := spawn.CombinedOutput()
		if bytes.Contains(out, []byte("\x1b[31m")) || bytes.Contains(out, []byte("\x1b[2J")) {
			t.Errorf("%q: %q", args, out)
		}
		if args[0] != "report" && !bytes.Contains(out, []byte("x1b[")) {
			t.Errorf("%q: shows no name: %q", args, out)
		}
	}
}

// smallDisk mounts a disk of a size such as 24m, and returns its folder.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	disk := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size="+size, "tmpfs", disk).CombinedOutput(); err != nil {
		t.Skipf("mount: %v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", disk).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
	return disk
}

// grow gives a disk more room.
func grow(t *testing.T, disk, size string) {
	t.Helper()
	if out, err := exec.Command("mount", "-o", "remount,size="+size, disk).CombinedOutput(); err != nil {
		t.Fatalf("remount: %v: %s", err, out)
	}
}

const diskFull = "the disk is full; free some space and run this again"

// A full disk leaves what is finished whole, and nothing of what is not.
func TestFullDisk(t *testing.T) {
	data, err := filepath.Abs("../../test/data")
	if err != nil {
		t.Fatal(err)
	}
	disk := smallDisk(t, "24m")
	first, more := data+"/pg14.waldump.gz", data+"/pg*.waldump.gz"
	run(t, disk, "convert", first, "-o", "wal.duckdb")
	run(t, disk, "convert", first, "-o", "folder.parquet/")
	for _, test := range []struct {
		output string
		stays  bool
	}{
		{"wal.duckdb", true},
		{"new.duckdb", false},
		{"wal.csv", false},
	} {
		out, err := walstats(disk, "convert", more, "-o", test.output).CombinedOutput()
		if err == nil || !strings.Contains(string(out), diskFull) {
			t.Errorf("%s: %v: %s", test.output, err, out)
		}
		if _, err := os.Stat(filepath.Join(disk, test.output)); (err == nil) != test.stays {
			t.Errorf("%s: %v", test.output, err)
		} else if err == nil {
			if got := rowsOf(t, filepath.Join(disk, test.output), resumed[0].broken); got != "" {
				t.Errorf("%s is not whole: %s", test.output, got)
			}
		}
		if hidden, _ := filepath.Glob(filepath.Join(disk, ".*")); len(hidden) > 0 {
			t.Errorf("%s: left over: %v", test.output, hidden)
		}
	}
	// With room again, the next run does the rest.
	grow(t, disk, "200m")
	run(t, disk, "convert", more, "-o", "wal.duckdb")
	if got := rowsOf(t, filepath.Join(disk, "wal.duckdb"), "SELECT count(DISTINCT filename), count(*) FROM wal"); got != "6|231043\n" {
		t.Errorf("in the end: %s", got)
	}
}

// Of WAL, too: whole segments are in the database, and the next run adds the others.
func TestFullDiskOnWAL(t *testing.T) {
	demo, err := filepath.Abs("../../test/data/demo")
	if err != nil {
		t.Fatal(err)
	}
	disk := smallDisk(t, "1200k")
	for _, output := range []string{"wal.duckdb", "wal.csv"} {
		out, err := walstats(disk, "convert", demo, "-o", output).CombinedOutput()
		if err == nil || !strings.Contains(string(out), diskFull) {
			t.Errorf("%s: %v: %s", output, err, out)
		}
		if left, _ := os.ReadDir(disk); len(left) > 0 {
			t.Errorf("%s: left over: %v", output, left)
		}
	}
	grow(t, disk, "200m")
	run(t, disk, "convert", demo, "-o", "wal.duckdb")
	got, _ := rows(t, filepath.Join(disk, "wal.duckdb"), "SELECT count(*), NULL FROM wal")
	if want, _ := rows(t, "", "SELECT count(*), NULL FROM read_wal("+session.Quote(demo)+")"); got != want {
		t.Errorf("in the end %d rows, want %d", got, want)
	}
}
