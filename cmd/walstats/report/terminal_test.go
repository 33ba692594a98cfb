package report_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/jedib0t/go-pretty/v6/text"

	"walstats/cmd/walstats/report"
)

// Lines are no wider than the terminal, and no name moves its cursor.
func TestTerminal(t *testing.T) {
	f := gather(t, dump("pg16"))
	hostileNames(f)
	for _, width := range []int{0, 40, 53, 54, 60, 80, 100, 200} {
		var screen strings.Builder
		if err := report.WriteTerminal(&screen, f, width); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(screen.String()) {
			line = strings.TrimSuffix(line, "\n")
			if got := text.StringWidth(line); got > max(width, 40) {
				t.Errorf("%d wide: %d characters in %q", width, got, line)
			}
			for _, r := range line {
				if !unicode.IsPrint(r) && r != '\u00a0' {
					t.Errorf("%d wide: %q in %q", width, r, line)
				}
			}
		}
		if lines := strings.Count(screen.String(), "\n"); width >= 80 && lines > 40 {
			t.Errorf("%d wide: %d lines", width, lines)
		}
		if width == 200 && (!strings.Contains(screen.String(), hostile[0]) || !strings.Contains(screen.String(), `public.tab\there\nand a line`)) {
			t.Errorf("names are missing:\n%s", screen.String())
		}
	}
}
