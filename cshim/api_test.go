package cshim_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The real duckdb.h, from the module that duckdb-go links.
func duckdbInclude(t *testing.T) string {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/duckdb/duckdb-go-bindings").Output()
	if err != nil {
		t.Fatalf("go list -m duckdb-go-bindings: %v", err)
	}
	return filepath.Join(strings.TrimSpace(string(dir)), "include")
}

func compile(include, source string) (string, error) {
	out, err := exec.Command("cc", "-fsyntax-only", "-Wall", "-DCSHIM_USE_DUCKDB_H", "-I"+include, source).CombinedOutput()
	return string(out), err
}

func TestHeaderAgreesWithDuckDB(t *testing.T) {
	if out, err := compile(duckdbInclude(t), "testdata/compat.c"); err != nil {
		t.Errorf("duckdb_api.h differs from duckdb.h: %v\n%s", err, out)
	}
}

// The comparison must be able to fail: each of these mistakes has to be found.
func TestHeaderMistakesAreFound(t *testing.T) {
	include := duckdbInclude(t)
	header, err := os.ReadFile("duckdb_api.h")
	if err != nil {
		t.Fatal(err)
	}
	compat, err := os.ReadFile("testdata/compat.c")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ what, was, becomes, report string }{
		{"a result", "F(26, idx_t,", "F(26, uint32_t,", "duckdb_vector_size"},
		{"an argument", "bind_set_cardinality, (duckdb_bind_info, idx_t, bool)", "bind_set_cardinality, (duckdb_bind_info, idx_t, int)", "bind_set_cardinality"},
		{"a handle", "get_uint64, (duckdb_value)", "get_uint64, (duckdb_vector)", "get_uint64"},
		{"a name", "create_list_type", "create_lists_type", "create_lists_type"},
		{"a type's number", "T(LIST, 24)", "T(LIST, 25)", "DUCKDB_TYPE_LIST"},
		{"the string's layout", "uint32_t length;", "uint64_t length;", "cshim_string"},
	} {
		t.Run(test.what, func(t *testing.T) {
			broken := strings.Replace(string(header), test.was, test.becomes, 1)
			if broken == string(header) {
				t.Fatalf("duckdb_api.h has no %q", test.was)
			}
			dir := t.TempDir()
			write(t, filepath.Join(dir, "duckdb_api.h"), broken)
			write(t, filepath.Join(dir, "compat.c"), strings.Replace(string(compat), "../duckdb_api.h", "duckdb_api.h", 1))
			out, err := compile(include, filepath.Join(dir, "compat.c"))
			if err == nil {
				t.Fatal("it compiles")
			}
			if !strings.Contains(out, test.report) {
				t.Errorf("the compiler does not name %s:\n%s", test.report, out)
			}
		})
	}
}

// Slots in order, none twice: a table that is easy to check by eye.
func TestSlotsAscend(t *testing.T) {
	header, err := os.ReadFile("duckdb_api.h")
	if err != nil {
		t.Fatal(err)
	}
	last := ""
	for _, m := range regexp.MustCompile(`\bF\((\d+), `).FindAllStringSubmatch(string(header), -1) {
		slot := strings.Repeat("0", 3-len(m[1])) + m[1]
		if slot <= last {
			t.Errorf("slot %s after %s", slot, last)
		}
		last = slot
	}
	if last == "" {
		t.Error("no slots")
	}
}

// Only the tests may know DuckDB: what LOAD brings into a process must not have a second one.
func TestNoDuckDBModule(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(out), "github.com/duckdb") {
		t.Error("cshim depends on a duckdb module")
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}
