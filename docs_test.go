package walstats_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// pages returns the text of every page of the project by its path.
func pages(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(".", func(path string, entry os.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "dist" || strings.HasPrefix(entry.Name(), ".") && path != "."):
			return filepath.SkipDir
		case filepath.Ext(path) == ".md":
			text, err := os.ReadFile(path)
			found[path] = string(text)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 10 {
		t.Fatalf("%d pages found; want README.md, docs/ and those of the rooms", len(found))
	}
	return found
}

var (
	block   = regexp.MustCompile("(?ms)^```.*?^```$")
	code    = regexp.MustCompile("`[^`\n]*`")
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#{1,6} (.*)$`)
	dropped = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// anchors returns the names that a page's headings have in links, as GitHub makes them.
func anchors(page string) map[string]bool {
	found := map[string]bool{}
	for _, line := range heading.FindAllStringSubmatch(block.ReplaceAllString(page, ""), -1) {
		title := regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`).ReplaceAllString(line[1], "$1")
		found[strings.ReplaceAll(dropped.ReplaceAllString(strings.ToLower(title), ""), " ", "-")] = true
	}
	return found
}

// TestLinks follows every relative link of every page to a file and to a heading.
func TestLinks(t *testing.T) {
	all := pages(t)
	followed := 0
	for path, text := range all {
		text = code.ReplaceAllString(block.ReplaceAllString(text, ""), "")
		for _, found := range link.FindAllStringSubmatch(text, -1) {
			if strings.Contains(found[1], "://") {
				continue
			}
			followed++
			file, anchor, hasAnchor := strings.Cut(found[1], "#")
			target := path
			if file != "" {
				target = filepath.Join(filepath.Dir(path), file)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s: no such file", path, found[1])
			} else if hasAnchor && !anchors(all[target])[anchor] {
				t.Errorf("%s links to %s: no such heading", path, found[1])
			}
		}
	}
	if followed == 0 {
		t.Error("no link found")
	}
}

// writers says which script writes the table of a mark, and which file says into which page.
var writers = []struct{ mark, caller, script string }{
	{"hosts", "Makefile", "test/hosts/run.py"},
	{"faults", "Makefile", "test/faults/run.py"},
	{"fuzz", "Makefile", "build/fuzz.sh"},
	{"sanitizers", "Makefile", "test/sanitize/run.py"},
	{"libraries", "Makefile", "test/clients/run.py"},
	{"soak", "Makefile", "test/soak/run.py"},
	{"dump", "build/oracle.sh", "WAL_TABLE="},
}

// TestMarks looks up the place of each table in the page that its script is told to write:
// a script writes only at the end of a long run.
func TestMarks(t *testing.T) {
	all := pages(t)
	for _, w := range writers {
		caller, err := os.ReadFile(w.caller)
		if err != nil {
			t.Fatal(err)
		}
		told := regexp.MustCompile(regexp.QuoteMeta(w.script) + `.*?(docs/\w+\.md)`).FindSubmatch(caller)
		if told == nil {
			t.Errorf("%s does not give %s a page of docs/", w.caller, w.script)
			continue
		}
		begin, end := "<!-- "+w.mark+" -->\n", "<!-- /"+w.mark+" -->\n"
		if page := all[string(told[1])]; !strings.Contains(page, begin) || !strings.Contains(page, end) {
			t.Errorf("%s has %s write into %s, which has no %q", w.caller, w.script, told[1], begin)
		}
	}
}

// forbidden are the words that the project's style does not use: behind for after, a noun that
// "is none", and riddles.
var forbidden = regexp.MustCompile(`(?i)\b(behind|(is|are) none|nobody|anew|whoever|who reads it|what is not there)\b`)

// TestWords looks for forbidden words in every page. A text in a block is shown as it is.
func TestWords(t *testing.T) {
	for path, text := range pages(t) {
		for _, word := range forbidden.FindAllString(block.ReplaceAllString(text, ""), -1) {
			t.Errorf("%s says %q", path, word)
		}
	}
}

// sentenceEnd is a mark and a blank, a line of a list or the border of a table's cell.
var sentenceEnd = regexp.MustCompile(`[.!?][)"*]*\s|\n\s*\n|\n[-#]|\|`)

// indented is a line of commands.
var indented = regexp.MustCompile(`(?m)^    .*$`)

// TestReadmeIsShort counts the words of README and of each of its sentences.
func TestReadmeIsShort(t *testing.T) {
	const most, mostInSentence = 900, 30
	text := pages(t)["README.md"]
	if n := len(strings.Fields(text)); n >= most {
		t.Errorf("README has %d words; at most %d are wanted", n, most-1)
	}
	longest := 0
	for _, sentence := range sentenceEnd.Split(indented.ReplaceAllString(block.ReplaceAllString(text, ""), ""), -1) {
		n := len(strings.Fields(sentence))
		if longest = max(longest, n); n > mostInSentence {
			t.Errorf("a sentence of README has %d words; at most %d are wanted: %s", n, mostInSentence, strings.TrimSpace(sentence))
		}
	}
	if longest < 10 {
		t.Errorf("the longest sentence has %d words; README is not read as it should be", longest)
	}
}
