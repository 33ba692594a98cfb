package report_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html" // reads a page as browsers do

	"walstats/cmd/walstats/report"
	"walstats/cmd/walstats/session"
)

// dump is a bundled dump of a version.
func dump(version string) string { return "../../../test/data/" + version + ".waldump.gz" }

// gather reads the facts of dumps.
func gather(t *testing.T, dumps ...string) *report.Facts {
	t.Helper()
	return gatherFrom(t, report.Source{Dumps: dumps, Scratch: t.TempDir()})
}

func gatherFrom(t *testing.T, s report.Source) *report.Facts {
	t.Helper()
	ctx := context.Background()
	db, done, err := report.Open(ctx, session.Options{}, s)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := done(); err != nil {
			t.Error(err)
		}
	}()
	facts, err := report.Gather(ctx, db, s, "test")
	if err != nil {
		t.Fatal(err)
	}
	return facts
}

// hostile are names that a page must show as text.
var hostile = []string{
	`public.<script>alert(1)</script>`,
	`public."it's" & </td></table>`,
	"public.\u05d4\u05d6\u05de\u05e0\u05d5\u05ea\u202e_pkey",
	"public." + strings.Repeat("\U0001F600", 15) + "abc", // 63 bytes
	"public." + strings.Repeat("w", 63),
	"public.tab\there\nand a line",
}

func hostileNames(f *report.Facts) {
	for i, name := range hostile {
		r := &f.Relations[i]
		r.Name, r.Kind, r.Table, r.Database = name, "index", "public.<b>table", "<db>"
		f.Tables[i].Name, f.Tables[i].Files, f.Tables[i].Parts = name, 2, []report.Relation{*r}
		f.HotBlocks[i].Relation = name
		f.Indexed = append(f.Indexed, report.Indexed{Table: name, Largest: name, Bytes: 1, MostBytes: 1, Updates: 100})
		f.Transactions[i].Changes = []report.Change{{Relation: name, Inserted: 1, Updated: 1_234_567, HOTUpdated: 1_000_000, Deleted: 1, Copies: 1}}
	}
	f.ImageRelation.Name, f.ImageRelation.Kind, f.ImageRelation.Table = hostile[0], "index", hostile[2]
	f.Findings = append(f.Findings, report.Finding{Number: "81 %", Text: report.Sentence{{Text: "is of "}, {Text: hostile[0], Name: true}, {Text: " and "}, {Text: hostile[2], Name: true}, {Text: "."}}})
	f.Warnings = []report.Sentence{{{Text: "Records are missing in one place, before "}, {Text: hostile[1], Name: true}, {Text: "."}}}
	f.Inputs = []string{`<img src=x onerror=alert(1)>.dump`}
}

// totals are those of a table of pg_waldump --stats.
func totals(t *testing.T, version string) (records, recordBytes, fpiBytes, bytes int64) {
	t.Helper()
	file, err := os.Open("../../../test/data/" + version + ".stats.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 7 || fields[0] != "Total" {
			continue
		}
		number := func(i int) int64 {
			n, err := strconv.ParseInt(fields[i], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		return number(1), number(2), number(4), number(6)
	}
	t.Fatal("no Total in the statistics of " + version)
	return
}

// The sums are those of pg_waldump --stats, however the records are grouped.
func TestSums(t *testing.T) {
	for _, version := range []string{"pg9.5", "pg14", "pg16", "pg18"} {
		t.Run(version, func(t *testing.T) {
			f := gather(t, dump(version))
			records, recordBytes, fpiBytes, bytes := totals(t, version)
			want := fmt.Sprint(records, recordBytes, fpiBytes, bytes)
			check := func(what string, s report.Sums) {
				t.Helper()
				if got := fmt.Sprint(s.Records, s.RecordBytes(), s.FPIBytes, s.Bytes); got != want {
					t.Errorf("%s: %s, want %s", what, got, want)
				}
			}
			check("all", f.Sums)
			var managers, steps report.Sums
			for _, m := range f.Managers {
				add(&managers, m.Sums)
			}
			check("resource managers", managers)
			layers := f.Over.NoTime.Bytes
			add(&steps, f.Over.NoTime)
			for _, s := range f.Over.Steps {
				add(&steps, s.Sums)
				for _, bytes := range s.Layers {
					layers += bytes
				}
			}
			check("steps", steps)
			if layers != bytes {
				t.Errorf("layers: %d bytes, want %d", layers, bytes)
			}
			if f.Over.Axis != "time" || len(f.Over.Steps) > 121 {
				t.Errorf("%d steps of %s", len(f.Over.Steps), f.Over.Axis)
			}
			if f.GapCount != 0 || f.RejectCount != 0 {
				t.Errorf("%d gaps, %d rejects", f.GapCount, f.RejectCount)
			}
		})
	}
}

func add(s *report.Sums, t report.Sums) {
	s.Records += t.Records
	s.Bytes += t.Bytes
	s.FPIBytes += t.FPIBytes
	s.Images += t.Images
}

func writePage(t *testing.T, f *report.Facts) string {
	t.Helper()
	var page bytes.Buffer
	if err := report.WritePage(&page, f); err != nil {
		t.Fatal(err)
	}
	if page.Len() > 2_000_000 {
		t.Errorf("the page has %d bytes", page.Len())
	}
	return page.String()
}

// inspect goes through the elements of a page and its text.
func inspect(t *testing.T, page string) (elements map[string]int, text string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	elements = map[string]int{}
	var all strings.Builder
	for node := range root.Descendants() {
		if node.Type == html.TextNode && node.Parent.Data != "style" {
			all.WriteString(node.Data)
		}
		if node.Type != html.ElementNode {
			continue
		}
		elements[node.Data]++
		for _, a := range node.Attr {
			switch a.Key {
			case "src", "href", "srcset", "action", "xlink:href", "poster", "data":
				if a.Val != "data:," {
					t.Errorf("<%s %s=%q> is a reference", node.Data, a.Key, a.Val)
				}
			}
			if strings.HasPrefix(a.Key, "on") {
				t.Errorf("<%s %s>", node.Data, a.Key)
			}
			if strings.Contains(a.Val, "url(") {
				t.Errorf("<%s %s=%q>", node.Data, a.Key, a.Val)
			}
			if a.Key == "class" && strings.HasPrefix(a.Val, "chart ") {
				checkChart(t, node)
			}
		}
	}
	return elements, all.String()
}

// checkChart wants areas in a chart, and a text for those who do not see them.
func checkChart(t *testing.T, chart *html.Node) {
	t.Helper()
	paths, label := 0, ""
	for _, a := range chart.Attr {
		if a.Key == "aria-label" {
			label = a.Val
		}
	}
	for node := range chart.Descendants() {
		if node.Data == "path" {
			for _, a := range node.Attr {
				if a.Key == "style" && strings.HasPrefix(a.Val, "fill:var(--") {
					paths++
				}
			}
		}
	}
	if paths == 0 || label == "" {
		t.Errorf("chart %q has %d areas", label, paths)
	}
}

func TestPage(t *testing.T) {
	f := gather(t, dump("pg14"))
	hostileNames(f)
	page := writePage(t, f)
	if strings.Contains(page, "url(") || strings.Contains(page, "@import") {
		t.Error("the page refers to something")
	}
	elements, text := inspect(t, page)
	for _, name := range []string{"script", "img", "b", "link", "iframe"} {
		want := 0
		if name == "link" { // an icon of no bytes: browsers would ask for one
			want = 1
		}
		if elements[name] != want {
			t.Errorf("%d <%s>", elements[name], name)
		}
	}
	if elements["svg"] != 6 {
		t.Errorf("%d charts, want 3, each wide and narrow", elements["svg"])
	}
	for _, name := range append(hostile, f.Inputs...) {
		if !strings.Contains(text, name) {
			t.Errorf("not in the text: %q", name)
		}
	}
}

// A dump of many relations, and names of any length, make no large page.
func TestLargeInput(t *testing.T) {
	folder := t.TempDir()
	long := strings.Repeat("<\U0001F600>", 10_000)
	var text, names bytes.Buffer
	fmt.Fprintf(&text, "%s\n", long)
	names.WriteString("reltablespace,reldatabase,relfilenode,oid,database,schema,name,kind,table_schema,table_name,partition_of_schema,partition_of_name\n")
	for i := range 100_000 {
		manager, kind, length := fmt.Sprintf("custom%03d", 128+i%5), "INSERT", 64
		if i < 40 {
			manager, kind, length = fmt.Sprint(i)+long, fmt.Sprint(i)+long, 900
			fmt.Fprintf(&names, "1663,5,%d,%d,%s\n", 16384+i, 16384+i, strings.Repeat(","+long, 8)[1:])
		}
		fmt.Fprintf(&text, "rmgr: %s len (rec/tot): %6d/%6d, tx: %10d, lsn: 0/%08X, prev 0/%08X, desc: %s off 1 flags 0x00, blkref #0: rel 1663/5/%d blk 0\n",
			manager, length, length, 700+i, 0x1000000+i*64, 0x1000000+(i-1)*64, kind, 16384+i)
	}
	dump, nameFile := filepath.Join(folder, "many.waldump"), filepath.Join(folder, "names.csv")
	for path, text := range map[string][]byte{dump: text.Bytes(), nameFile: names.Bytes()} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f := gatherFrom(t, report.Source{Dumps: []string{dump}, Scratch: folder, Names: []string{nameFile}})
	if f.RelationCount != 100_000 || f.RejectCount != 1 || f.Over.Axis != "lsn" || f.FirstTime != nil || !f.NamesKnown {
		t.Errorf("%d relations over %s, %d rejects", f.RelationCount, f.Over.Axis, f.RejectCount)
	}
	if !strings.HasPrefix(f.Relations[0].Name, "<\U0001F600>") || !strings.Contains(f.RecordTypes[10].Type, "<\U0001F600>") {
		t.Errorf("the first relation is %q, a type %q", f.Relations[0].Name, f.RecordTypes[10].Type)
	}
	inspect(t, writePage(t, f))
	asJSON, err := json.Marshal(f)
	if err != nil || len(asJSON) > 2_000_000 {
		t.Errorf("JSON of %d bytes, %v", len(asJSON), err)
	}
}

func TestNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "empty.waldump")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	f := gather(t, path)
	if _, text := inspect(t, writePage(t, f)); !strings.Contains(text, "records were found.") {
		t.Errorf("an empty dump: %s", text)
	}
	if _, err := json.Marshal(f); err != nil {
		t.Error(err)
	}
}

// A step has what was written in it, also where nothing was for a while.
func TestSteps(t *testing.T) {
	path := filepath.Join(t.TempDir(), "days.waldump")
	if err := os.WriteFile(path, []byte(days(3, time.Hour)+strings.Repeat("broken\n", 30)), 0o600); err != nil {
		t.Fatal(err)
	}
	f := gather(t, path)
	// 21:30 to 23:30 in steps of two minutes.
	if f.Over.Step != 120 || len(f.Over.Steps) != 61 || f.RejectCount != 30 || len(f.Rejects) != 20 {
		t.Fatalf("%d steps of %v s, %d rejects", len(f.Over.Steps), f.Over.Step, f.RejectCount)
	}
	for i, s := range f.Over.Steps {
		want := report.Sums{}
		if i%30 == 0 {
			want = report.Sums{Records: 2, Bytes: int64(64 + i/30 + 34)}
		}
		if s.Sums != want || s.Commits != want.Records/2 {
			t.Errorf("step %d: %+v, %d commits; want %+v", i, s.Sums, s.Commits, want)
		}
	}
	if len(f.Transactions) != 3 || f.Transactions[0].XID != 702 || f.Transactions[0].Bytes != 100 || f.Transactions[0].Status != "committed" {
		t.Errorf("transactions: %+v", f.Transactions)
	}
	if len(f.HotBlocks) != 1 || f.HotBlocks[0].Records != 3 || f.HotBlocks[0].Relation != "1663/5/16384" {
		t.Errorf("hot blocks: %+v", f.HotBlocks)
	}
}

// A record that is not there is a gap.
func TestGaps(t *testing.T) {
	lines := strings.SplitAfter(days(10, time.Second), "\n")
	path := filepath.Join(t.TempDir(), "gap.waldump")
	if err := os.WriteFile(path, []byte(strings.Join(slices.Concat(lines[:7], lines[9:12], lines[13:]), "")), 0o600); err != nil {
		t.Fatal(err)
	}
	f := gather(t, path)
	want := []report.Gap{
		{Last: 0x1000000 + 3000, Next: 0x1000000 + 4500, Bytes: 1500, Input: path},
		{Last: 0x1000000 + 5500, Next: 0x1000000 + 6500, Bytes: 1000, Input: path},
	}
	if f.GapCount != 2 || f.GapBytes != 2500 || !slices.Equal(f.Gaps, want) {
		t.Errorf("%d gaps: %+v, want %+v", f.GapCount, f.Gaps, want)
	}
	if _, text := inspect(t, writePage(t, f)); !strings.Contains(text, "2 gaps") {
		t.Error("the page does not speak of the gaps")
	}
}
