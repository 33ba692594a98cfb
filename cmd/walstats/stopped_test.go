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

// A full disk leaves what is finished whole, and nothing of what is not.
func TestFullDisk(t *testing.T) {
	data, err := filepath.Abs("../../test/data")
	if err != nil {
		t.Fatal(err)
	}
	disk := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", disk).CombinedOutput(); err != nil {
		t.Skipf("mount: %v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", disk).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
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
		if err == nil || !strings.Contains(string(out), "the disk is full; free some space and run this again") {
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
			t.Errorf("%s: left behind: %v", test.output, hidden)
		}
	}
	// With room again, the next run does the rest.
	if out, err := exec.Command("mount", "-o", "remount,size=200m", disk).CombinedOutput(); err != nil {
		t.Fatalf("remount: %v: %s", err, out)
	}
	run(t, disk, "convert", more, "-o", "wal.duckdb")
	if got := rowsOf(t, filepath.Join(disk, "wal.duckdb"), "SELECT count(DISTINCT filename), count(*) FROM wal"); got != "6|231043\n" {
		t.Errorf("in the end: %s", got)
	}
}
