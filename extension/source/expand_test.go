package source

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// A ** does not follow a link that leads back to where it came from.
func TestPatternsFollowNoLinks(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "a", "b", "wal.dump")
	if err := errors.Join(
		os.MkdirAll(filepath.Dir(file), 0o755),
		os.WriteFile(file, nil, 0o644),
		os.Symlink(folder, filepath.Join(folder, "a", "back")),
		os.Symlink(file, filepath.Join(folder, "a", "link.dump")),
	); err != nil {
		t.Fatal(err)
	}
	got, err := glob(filepath.Join(folder, "**", "*.dump"))
	slices.Sort(got)
	if want := []string{file, filepath.Join(folder, "a", "link.dump")}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
}
