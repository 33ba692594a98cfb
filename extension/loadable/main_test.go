package main

import (
	"os/exec"
	"strings"
	"testing"
)

// A host brings its own DuckDB; a second one inside the extension would not know of it.
func TestNoDuckDBInside(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for dep := range strings.Lines(string(out)) {
		if strings.Contains(dep, "duckdb") {
			t.Errorf("depends on %s", dep)
		}
	}
}
