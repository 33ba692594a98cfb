package report_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp" // drives the browser that is installed; no driver of its own

	"walstats/cmd/walstats/report"
)

// screens are the pages that a person should look at: .cache/report/*.png.
var screens = []struct {
	name   string
	media  string // screen or print
	width  int64
	height int64
	scheme string
}{
	{"print", "print", 720, 1000, "light"}, // A4 within its margins
	{"desktop", "screen", 1280, 800, "light"},
	{"dark", "screen", 1280, 800, "dark"},
	{"phone", "screen", 390, 844, "light"},
	{"phone-dark", "screen", 390, 844, "dark"},
}

// broken lists what is wrong with the page as it is laid out: charts without a mark
// that has a size, and what stands out of the screen.
const broken = `(() => {
	const wrong = [];
	const charts = [...document.querySelectorAll("svg.chart")].filter(c => c.getBoundingClientRect().width > 0);
	if (charts.length === 0) wrong.push("no chart is shown");
	for (const chart of charts) {
		const label = chart.getAttribute("aria-label");
		const marks = [...chart.querySelectorAll(".marks path")].filter(path => {
			const box = path.getBoundingClientRect(), fill = getComputedStyle(path).fill;
			return box.width > 1 && box.height > 1 && /^rgb/.test(fill);
		});
		if (marks.length === 0) wrong.push("no marks: " + label);
		const texts = [...chart.querySelectorAll("text")].map(t => t.getBoundingClientRect());
		texts.forEach((a, i) => texts.slice(i + 1).forEach(b => {
			if (a.left < b.right && b.left < a.right && a.top + 2 < b.bottom && b.top + 2 < a.bottom) wrong.push("labels lie on each other: " + label);
		}));
	}
	const width = document.documentElement.clientWidth;
	if (document.documentElement.scrollWidth > width) {
		for (const e of document.body.querySelectorAll("*"))
			if (e.getBoundingClientRect().right > width + 1 && !e.closest(".scroll") && !e.closest("svg")) { wrong.push("too wide: " + e.outerHTML.slice(0, 100)); break; }
	}
	if (width >= 1280) {
		const first = [...document.querySelectorAll(".findings li, .top .row")];
		for (const e of first) if (e.getBoundingClientRect().bottom > innerHeight) wrong.push("not on the first screen: " + e.textContent.trim());
		const shown = document.querySelectorAll(".findings li").length + " findings and " + document.querySelectorAll(".top .row:not(.heads)").length + " tables";
		if (document.querySelectorAll(".tables .name").length > 6 && shown !== "4 findings and 5 tables") wrong.push(shown);
	}
	for (const closed of document.querySelectorAll("details")) closed.open = true;
	if (document.documentElement.scrollWidth > width) wrong.push("too wide with its details open");
	for (const open of document.querySelectorAll("details")) open.open = false;
	return wrong;
})()`

// TestChromium shows the page in a real browser: no error, no request, charts with
// marks, nothing out of the screen. Its pictures stay in .cache/report.
func TestChromium(t *testing.T) {
	browser := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			browser = path
			break
		}
	}
	if browser == "" {
		t.Skip("no chromium is installed (Debian: apt-get install chromium)")
	}
	pictures, err := filepath.Abs("../../../.cache/report")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(pictures, 0o777); err != nil {
		t.Fatal(err)
	}
	facts := gather(t, dump("pg14"))
	hostileNames(facts)
	demo := gatherFrom(t, report.Source{Dumps: []string{"../../../test/data/demo"}, WAL: true, Scratch: t.TempDir()})
	addresses := []string{writeFile(t, demo), writeFile(t, facts)}
	for _, text := range []string{days(400, 6*time.Hour), days(40, 90*time.Minute), days(2, time.Second), noTimes(3000)} {
		path := filepath.Join(t.TempDir(), "wal.dump")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		addresses = append(addresses, writeFile(t, gather(t, path)))
	}

	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(browser), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(t.TempDir()), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("hide-scrollbars", true))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx)
	defer cancel()
	ctx, cancel = context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()

	var mu sync.Mutex
	var said []string
	say := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		said = append(said, fmt.Sprintf(format, args...))
	}
	if err := chromedp.Do(ctx); err != nil { // starts the browser, which lives as long as this context
		t.Fatal(err)
	}
	if err := chromedp.Listen(ctx, func(event any) {
		switch event := event.(type) {
		case *runtime.EventConsoleAPICalled:
			say("console: %v", event.Args)
		case *runtime.EventExceptionThrown:
			say("exception: %v", event.ExceptionDetails)
		case *log.EventEntryAdded:
			say("log: %s %s", event.Entry.Text, event.Entry.URL)
		case *network.EventRequestWillBeSent:
			if !slices.Contains(addresses, event.Request.URL) && !strings.HasPrefix(event.Request.URL, "data:") {
				say("request: %s", event.Request.URL)
			}
		case *page.EventJavascriptDialogOpening:
			say("dialog: %s", event.Message)
		}
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	for _, screen := range screens {
		if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Media: screen.media, Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: screen.scheme}},
		}); err != nil {
			t.Fatal(err)
		}
		size := []chromedp.EmulateViewportOption{}
		if screen.width < 500 {
			size = append(size, chromedp.EmulateMobile)
		}
		if err := chromedp.Do(ctx, chromedp.EmulateViewport(screen.width, screen.height, size...)); err != nil {
			t.Fatalf("%s: %v", screen.name, err)
		}
		for i, address := range slices.Backward(addresses) {
			if err := chromedp.Do(ctx, chromedp.Navigate(address)); err != nil {
				t.Fatalf("%s: %v", screen.name, err)
			}
			wrong, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](broken))
			if err != nil {
				t.Fatalf("%s: %v", screen.name, err)
			}
			for _, text := range wrong {
				t.Errorf("%s, page %d: %s", screen.name, i, text)
			}
		}
		picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100)) // of the first page, which comes last
		if err != nil {
			t.Fatalf("%s: %v", screen.name, err)
		}
		if err := os.WriteFile(filepath.Join(pictures, screen.name+".png"), picture, 0o666); err != nil {
			t.Error(err)
		}
	}
	printed, err := chromedp.Run(ctx, chromedp.PrintToPDF(chromedp.PDFPaper(chromedp.PaperA4), chromedp.PDFPrintBackground()))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(pictures, "print.pdf"), printed, 0o666); err != nil {
		t.Error(err)
	}
	mu.Lock()
	defer mu.Unlock()
	for _, text := range said {
		t.Error(text)
	}
}

// writeFile writes the page of facts, and says where it is.
func writeFile(t *testing.T, facts *report.Facts) (address string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(path, []byte(writePage(t, facts)), 0o600); err != nil {
		t.Fatal(err)
	}
	return "file://" + path
}

// days is a dump of so many commits and inserts, at such distances.
func days(commits int, distance time.Duration) string {
	var text strings.Builder
	at := time.Date(2026, 11, 22, 21, 30, 0, 0, time.UTC)
	for i := range commits {
		lsn := 0x1000000 + i*1000
		fmt.Fprintf(&text, "rmgr: Heap        len (rec/tot): %6d/%6d, tx: %10d, lsn: 0/%08X, prev 0/%08X, desc: INSERT off 1 flags 0x00, blkref #0: rel 1663/5/16384 blk 0\n",
			64+i%100, 64+i%100, 700+i, lsn, lsn-500)
		fmt.Fprintf(&text, "rmgr: Transaction len (rec/tot):     34/    34, tx: %10d, lsn: 0/%08X, prev 0/%08X, desc: COMMIT %s UTC\n",
			700+i, lsn+500, lsn, at.Add(time.Duration(i)*distance).Format("2006-01-02 15:04:05.000000"))
	}
	return text.String()
}

// noTimes is a dump of so many inserts, without a commit.
func noTimes(records int) string {
	var text strings.Builder
	for line := range strings.Lines(days(records, time.Second)) {
		if !strings.Contains(line, "COMMIT") {
			text.WriteString(line)
		}
	}
	return text.String()
}
