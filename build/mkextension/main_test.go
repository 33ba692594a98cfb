package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"walstats/build/footer"
)

var someFooter = footer.Footer{Platform: "linux_amd64", APIVersion: "v1.2.0", Version: "1.2.3", ABI: "C_STRUCT"}

func TestWrite(t *testing.T) {
	folder := t.TempDir()
	library := filepath.Join(folder, "waldump.so")
	if err := os.WriteFile(library, []byte("a shared library"), 0o600); err != nil {
		t.Fatal(err)
	}
	// Twice: an extension that is there is replaced, not appended to.
	out := filepath.Join(folder, "linux_amd64", "waldump.duckdb_extension")
	for range 2 {
		if err := write(someFooter, library, out); err != nil {
			t.Fatal(err)
		}
	}
	file, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(file, []byte("a shared library")) || len(file) != len("a shared library")+footer.Size {
		t.Errorf("%d bytes: %.40q", len(file), file)
	}
	if got, err := footer.Parse(file); err != nil || got != someFooter {
		t.Errorf("footer %+v, %v", got, err)
	}
	if err := print(out); err != nil {
		t.Error(err)
	}
	if err := print(library); !errors.Is(err, footer.ErrNone) {
		t.Errorf("-show of a plain library: %v", err)
	}
}

func TestAnotherPlatform(t *testing.T) {
	folder := t.TempDir()
	library, one, other := filepath.Join(folder, "waldump.so"), filepath.Join(folder, "one"), filepath.Join(folder, "other")
	if err := os.WriteFile(library, []byte("a shared library"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := write(someFooter, library, one); err != nil {
		t.Fatal(err)
	}
	want := someFooter
	want.Platform, want.Version = "linux_amd64_gcc4", ""
	if err := write(want, library, other); err == nil {
		t.Error("a library without a version was taken")
	}
	if err := write(want, one, other); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(other)
	if err != nil {
		t.Fatal(err)
	}
	want.Version = someFooter.Version
	if got, err := footer.Parse(file); err != nil || got != want || len(file) != len("a shared library")+footer.Size {
		t.Errorf("%d bytes, footer %+v, %v", len(file), got, err)
	}
}

func TestFailedWriteLeavesNothing(t *testing.T) {
	folder := t.TempDir()
	out := filepath.Join(folder, "waldump.duckdb_extension")
	if err := write(someFooter, filepath.Join(folder, "none.so"), out); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a library: %v", err)
	}
	// A folder stands where the extension should go.
	if err := os.MkdirAll(filepath.Join(out, "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	library := filepath.Join(folder, "waldump.so")
	if err := os.WriteFile(library, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := write(someFooter, library, out); err == nil {
		t.Error("a folder was replaced")
	}
	if left, _ := filepath.Glob(filepath.Join(folder, "*.new")); left != nil {
		t.Errorf("left over: %v", left)
	}
}
