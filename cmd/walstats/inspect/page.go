package inspect

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize" // bytes and counts as people write them

	"walstats/cmd/walstats/zone"
)

// Page returns the report as text for people.
func (r *Report) Page() string {
	var p page
	p.text.WriteString(r.File + "\n")
	if r.Version == nil {
		p.line("is", "empty: no record")
	} else {
		p.line("is", "text of "+r.program()+", "+r.Version.Text)
		p.line("shown by", strings.Join(r.Version.By, ", "))
	}
	p.line("format", map[string]string{
		FormatDefault: "default: block references on the record's line",
		FormatDetails: "--bkp-details: block references on lines of their own",
		FormatMixed:   "default and --bkp-details: several outputs in one file",
		FormatUnknown: "not to be told: no block reference shows it",
	}[r.Format])
	p.line("file", r.file())
	p.line("records", humanize.Comma(r.Records))
	p.others("messages", r.Messages, r.FirstMessages)
	p.others("rejects", r.Rejects, r.FirstRejects)
	if r.CutRecords > 0 {
		p.line("cut", fmt.Sprintf("%s with an image and no block reference: %s", humanize.Comma(r.CutRecords), CutBy(r.CutWidth)))
	}
	if r.LSN != nil {
		p.line("LSNs", fmt.Sprintf("%s to %s, %s", r.LSN.First, r.LSN.Last, humanize.Bytes(r.LSN.Bytes)))
		p.chain(r.Chain)
		p.times(r.Times)
	}
	return p.text.String()
}

// CutBy says what left out the block references of lines that are mostly of one length.
func CutBy(width int64) string {
	if width == 0 {
		return "lines were cut, or a tool left the references out"
	}
	return fmt.Sprintf("lines were cut at %d characters", width)
}

func (r *Report) program() string {
	switch {
	case strings.HasPrefix(r.Version.To, "9."):
		return "pg_xlogdump"
	case strings.HasPrefix(r.Version.From, "9."):
		return "pg_waldump or pg_xlogdump"
	}
	return "pg_waldump"
}

func (r *Report) file() string {
	text := humanize.Bytes(r.Bytes)
	if r.Compression != "none" {
		text += " of " + r.Compression
	}
	text += ", lines end in " + r.LineEnds
	if r.BOM {
		text += ", begins with a byte order mark"
	}
	return text
}

// A page has lines, each of a word and its value.
type page struct{ text strings.Builder }

// line writes a word and what it is; a word that is the last one's may be empty.
func (p *page) line(word, what string) {
	if what != "" {
		fmt.Fprintf(&p.text, "  %-10s %s\n", word, what)
	}
}

// others writes how many lines are no records, and the first ones.
func (p *page) others(word string, count int64, first []Line) {
	p.line(word, humanize.Comma(count))
	for _, l := range first {
		text := fmt.Sprintf("line %d: %s", l.Number, short(l.Text))
		if l.Error != "" {
			text = fmt.Sprintf("line %d (byte %d): %s", l.Number, l.Byte, l.Error)
		}
		p.line("", text)
	}
	p.more(count, len(first))
}

func (p *page) more(count int64, shown int) {
	if count > int64(shown) {
		p.line("", "and "+humanize.Comma(count-int64(shown))+" more")
	}
}

func (p *page) chain(c Chain) {
	switch {
	case c.Gaps == 0:
		p.line("chain", "whole: every record names the one before it")
	case c.Filtered:
		p.line("chain", fmt.Sprintf("%s gaps: looks filtered (by pg_waldump --rmgr, --xid, --relation and the like), or put together from pieces", humanize.Comma(c.Gaps)))
	case c.Gaps == 1:
		p.line("chain", fmt.Sprintf("1 gap, %s of WAL in it", humanize.Bytes(c.Missing)))
	default:
		p.line("chain", fmt.Sprintf("%s gaps, %s of WAL in them", humanize.Comma(c.Gaps), humanize.Bytes(c.Missing)))
	}
	for _, l := range c.FirstGaps {
		p.line("", fmt.Sprintf("%s is followed by %s, which names %s", l.Before, l.At, l.Prev))
	}
	p.more(c.Gaps, len(c.FirstGaps))
	if c.Streams > 1 {
		p.line("streams", fmt.Sprintf("%s, one after the other: the LSN goes back", humanize.Comma(c.Streams)))
		for _, l := range c.FirstRewinds {
			p.line("", fmt.Sprintf("from %s to %s (byte %d)", l.Before, l.At, l.Byte))
		}
		p.more(c.Streams-1, len(c.FirstRewinds))
	}
}

func (p *page) times(t *Times) {
	if t == nil {
		p.line("times", "none: no commit, abort or end of recovery")
		return
	}
	if t.First != nil {
		const form = "2006-01-02 15:04:05.000000"
		p.line("times", fmt.Sprintf("%s to %s UTC, %s", t.First.Format(form), t.Last.Format(form), t.Last.Sub(*t.First).Round(time.Millisecond)))
	}
	var zones []string
	for _, name := range t.Zones {
		text := short(name)
		if name == "" {
			text = "no zone"
		}
		if offset := t.ReadAs[name]; offset != "" {
			text += ", read as " + offset
		}
		zones = append(zones, text)
	}
	p.line("printed in", strings.Join(zones, ", "))
	for _, name := range t.Zones {
		p.line("", zone.ReadAs(name, t.ReadAs[name]))
	}
	for i, name := range t.Unread {
		text := short(zone.Choice(name))
		if i == 0 {
			text = humanize.Comma(t.Undated) + " times cannot be read: " + text
		}
		p.line("", text)
	}
}

// short returns a text of at most two terminal lines, with unprintable characters
// escaped.
func short(text string) string {
	const longest = 200
	quoted := strconv.Quote(text)
	quoted = strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
	if runes := []rune(quoted); len(runes) > longest {
		return string(runes[:longest]) + "..."
	}
	return quoted
}
