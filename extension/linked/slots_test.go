package linked

import (
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"unsafe"

	"walstats/build/footer"
)

const header = "../../cshim/duckdb_api.h"

// The slots in duckdb_api.h are right if LOAD brings, in slot i, the function that the linker
// knows under the name written at slot i.
func TestSlotsAreTheFunctionsOfLOAD(t *testing.T) {
	loaded := tableOfLOAD(t)
	for _, d := range differences(slotNames(t), symbols(len(loaded)), loaded) {
		t.Error(d)
	}
}

// Two slots swapped, one moved: the comparison must be able to fail.
func TestWrongSlotsAreFound(t *testing.T) {
	loaded := tableOfLOAD(t)
	names := slotNames(t)
	for _, test := range []struct{ from, to int }{{3, 6}, {313, 314}, {26, 27}, {194, 195}} {
		linked := slices.Clone(symbols(len(loaded)))
		linked[test.from], linked[test.to] = linked[test.to], linked[test.from]
		if d := differences(names, linked, loaded); len(d) == 0 {
			t.Errorf("slots %d and %d swapped: no difference found", test.from, test.to)
		}
	}
}

func differences(names map[int]string, linked, loaded []uintptr) (found []string) {
	for slot, address := range linked {
		name, used := names[slot]
		switch {
		case used && address == 0:
			found = append(found, fmt.Sprintf("slot %d: %s is not in the symbol table", slot, name))
		case !used && address != 0:
			found = append(found, fmt.Sprintf("slot %d: not in %s, but in the symbol table", slot, header))
		case used && address != loaded[slot]:
			found = append(found, fmt.Sprintf("slot %d: duckdb_%s is elsewhere", slot, name))
		}
	}
	return found
}

func symbols(n int) []uintptr { return unsafe.Slice((*uintptr)(symbolTable()), n) }

func slotNames(t *testing.T) map[int]string {
	text, err := os.ReadFile(header)
	if err != nil {
		t.Fatal(err)
	}
	names := map[int]string{}
	for _, m := range regexp.MustCompile(`\bF\((\d+), [^,]+, (\w+),`).FindAllSubmatch(text, -1) {
		slot, _ := strconv.Atoi(string(m[1]))
		names[slot] = string(m[2])
	}
	if len(names) < 50 {
		t.Fatalf("only %d slots in %s", len(names), header)
	}
	return names
}

// tableOfLOAD is what DuckDB hands to a C extension that this process LOADs.
func tableOfLOAD(t *testing.T) []uintptr {
	t.Helper()
	db, err := sql.Open("duckdb", "?allow_unsigned_extensions=true")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var platform string
	if err := db.QueryRow("SELECT platform FROM pragma_platform()").Scan(&platform); err != nil {
		t.Fatal(err)
	}

	dir := t.TempDir()
	out := filepath.Join(dir, "slots.bin")
	extension := filepath.Join(dir, "slots.duckdb_extension")
	cc := exec.Command("cc", "-shared", "-fPIC", "-Wall", "-I"+filepath.Dir(header), "-DOUT="+strconv.Quote(out), "-o", extension, "testdata/slots.c")
	if message, err := cc.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, message)
	}
	appendFooter(t, extension, platform)
	if _, err := db.ExecContext(context.Background(), "LOAD '"+extension+"'"); err != nil {
		t.Fatal(err)
	}
	bytes, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	table := make([]uintptr, len(bytes)/8)
	for i := range table {
		table[i] = uintptr(binary.NativeEndian.Uint64(bytes[8*i:]))
	}
	return table
}

// appendFooter makes a shared library an extension.
func appendFooter(t *testing.T, path, platform string) {
	t.Helper()
	tail, err := footer.Footer{Platform: platform, APIVersion: "v1.2.0", Version: "v0", ABI: "C_STRUCT"}.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(tail); err != nil {
		t.Fatal(err)
	}
}
