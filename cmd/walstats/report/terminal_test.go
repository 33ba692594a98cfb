package report_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/jedib0t/go-pretty/v6/text"

	"walstats/cmd/walstats/report"
)

// screen is what a terminal of a size shows, its lines no wider than the terminal, and
// without a character that moves its cursor.
func screen(t *testing.T, f *report.Facts, width, height int) string {
	t.Helper()
	var screen strings.Builder
	if err := report.WriteTerminal(&screen, f, width, height); err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(screen.String(), "\n") {
		t.Errorf("%d x %d: the last line has no end", height, width)
	}
	for line := range strings.Lines(screen.String()) {
		line = strings.TrimSuffix(line, "\n")
		if got := text.StringWidth(line); got > max(width, 40) {
			t.Errorf("%d x %d: %d characters in %q", height, width, got, line)
		}
		for _, r := range line {
			if !unicode.IsPrint(r) {
				t.Errorf("%d x %d: %q in %q", height, width, r, line)
			}
		}
	}
	return screen.String()
}

func TestTerminalWidth(t *testing.T) {
	f := gather(t, dump("pg16"))
	hostileNames(f)
	for _, width := range []int{0, 40, 53, 54, 60, 80, 100, 200} {
		shown := screen(t, f, width, 0)
		for column, from := range map[string]int{" BYTES ": 0, " RECORDS ": 54, " FIRST LSN": 200} {
			if got, want := strings.Contains(shown, column) || strings.Contains(shown, strings.TrimSuffix(column, " ")+"\n"), width >= from; got != want {
				t.Errorf("%d wide: the column%sis there: %v, want %v\n%s", width, column, got, want, shown)
			}
		}
		if width == 200 && (!strings.Contains(shown, hostile[0]) || !strings.Contains(shown, `public.tab\there\nand a line`)) {
			t.Errorf("names are missing:\n%s", shown)
		}
	}
}

// A terminal shows as many rows as it has room for, and says how to see more. Without a
// height there are all.
func TestTerminalHeight(t *testing.T) {
	f := gather(t, dump("pg16"))
	rows := func(shown string) int { return strings.Count(shown, " %  ") }
	before := 0
	for _, size := range [][2]int{{12, 80}, {24, 80}, {30, 100}, {40, 120}, {50, 200}} {
		shown := screen(t, f, size[1], size[0])
		lines := strings.Count(shown, "\n")
		if lines > size[0]-1 || lines < size[0]-3 {
			t.Errorf("%d x %d: %d lines\n%s", size[0], size[1], lines, shown)
		}
		if n := rows(shown); n <= before {
			t.Errorf("%d x %d: %d rows, and %d in a smaller terminal", size[0], size[1], n, before)
		} else {
			before = n
		}
		if !strings.Contains(shown, "more relations: add --all, or see walstats report\n") {
			t.Errorf("%d x %d does not say how to see more:\n%s", size[0], size[1], shown)
		}
		if size[0] >= 24 && (!strings.Contains(shown, "\nRELATION") || !strings.Contains(shown, "\nRECORD TYPE") || !strings.Contains(shown, "\nTRANSACTION")) {
			t.Errorf("%d x %d: a table is missing:\n%s", size[0], size[1], shown)
		}
	}
	shown := screen(t, f, 80, 0)
	if want := len(f.Tables) + len(f.RecordTypes) + len(f.Transactions); rows(shown) < want || strings.Contains(shown, "--all") {
		t.Errorf("want all %d rows:\n%s", want, shown)
	}
}
