package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"
)

// A Sentence is what a report says in words. Names stand apart in it, since they are
// somebody else's text, and may run from right to left.
type Sentence []Part

// A Part of a sentence: a name, or words of ours.
type Part struct {
	Text string
	Name bool
}

// String is the sentence as one text.
func (s Sentence) String() string {
	var text strings.Builder
	for _, p := range s {
		text.WriteString(p.Text)
	}
	return text.String()
}

// MarshalJSON writes it as one text.
func (s Sentence) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// say makes a sentence of a text with names where it says %s; they are Names.
func say(text string, names ...Sentence) Sentence {
	var s Sentence
	for i, words := range strings.Split(text, "@") {
		if i > 0 {
			s = append(s, names[i-1]...)
		}
		if words != "" {
			s = append(s, Part{Text: words})
		}
	}
	return s
}

func name(text string) Sentence { return Sentence{{text, true}} }

// called is a relation as a sentence names it: the index orders_pkey, the relation
// 1663/5/16384.
func (r *Relation) called() Sentence {
	kind := r.Kind
	switch kind {
	case "":
		kind = "relation"
	case "toast":
		kind = "TOAST table"
	}
	s := say("the "+kind+" @", name(r.Name))
	if r.Kind != "" && r.Table != "" && r.Table != r.Name {
		s = append(s, say(" of @", name(r.Table))...)
	}
	return s
}

// A Finding is a number that matters, and what it is the number of: "72 %" and "of it is
// full-page images."
type Finding struct {
	Number string
	Text   Sentence
}

// String is the finding as one sentence.
func (f Finding) String() string { return f.Number + " " + f.Text.String() }

// MarshalJSON writes it as one text.
func (f Finding) MarshalJSON() ([]byte, error) { return json.Marshal(f.String()) }

// firstFindings is how many findings the first screen has room for.
const firstFindings = 4

// findings are what matters, the most important first.
func findings(f *Facts) (all []Finding) {
	if f.Records == 0 {
		return []Finding{{"0", say("records were found.")}}
	}
	for _, find := range []func(*Facts) Finding{extent, largestTable, images, rolledBack, largestTransaction, busiest, checkpoints, compressing, fewerCheckpoints, notHOT, largestIndex, causes} {
		if found := find(f); found.Number != "" {
			all = append(all, found)
		}
	}
	return all
}

// warnings are what makes the sums less than all of the WAL, or their times uncertain.
func warnings(f *Facts) []Sentence {
	all := []Sentence{}
	for _, warn := range []func(*Facts) Sentence{missing, noRecords, cutLines, times} {
		if s := warn(f); s != nil {
			all = append(all, s)
		}
	}
	return all
}

func extent(f *Facts) Finding {
	text := "of WAL in " + plural(f.Records, "record")
	if f.Over.Axis == "time" {
		span := f.LastTime.Sub(*f.FirstTime)
		text += fmt.Sprintf(", written in %s (%s a second)", duration(span), size(int64(float64(f.Bytes-f.Over.NoTime.Bytes)/span.Seconds())))
	}
	var parts []string
	for _, part := range []struct {
		n     int64
		thing string
	}{{f.Over.Commits, "commit"}, {f.Over.Aborts, "rollback"}, {f.CheckpointCount, "checkpoint"}} {
		if part.n > 0 {
			parts = append(parts, plural(part.n, part.thing))
		}
	}
	if len(parts) > 0 {
		text += ", with " + enumerated(parts)
	}
	return Finding{size(f.Bytes), say(text + ".")}
}

func largestTable(f *Facts) Finding {
	for i := range f.Tables {
		t := &f.Tables[i]
		if t.Name == "" {
			continue
		}
		if t.Share < .1 {
			return Finding{}
		}
		what, with := "the relation", ""
		if f.NamesKnown {
			what = "the table"
		}
		if t.Files > 1 {
			with = " with its indexes and TOAST"
		}
		return Finding{percent(t.Share), say("is of "+what+" @"+with+": "+size(t.Bytes)+" in "+plural(t.Records, "record")+".", name(t.Name))}
	}
	return Finding{}
}

func images(f *Facts) Finding {
	if f.FPIBytes == 0 {
		return Finding{"0", say("full-page images are among them.")}
	}
	s := say("is full-page images: " + size(f.FPIBytes))
	if f.Images > 0 { // else lines were cut before the block references
		s = append(s, Part{Text: " in " + plural(f.Images, "page")})
	}
	if r := f.ImageRelation; r != nil && r.File != "" && f.Images == 1 {
		s = append(s, say(", of @", r.called())...)
	} else if r != nil && r.File != "" && !f.fewImages() {
		s = append(s, say(". "+percent(float64(r.FPIBytes)/float64(f.FPIBytes))+" of them are of @", r.called())...)
	}
	return Finding{share(f.FPIBytes, f.Bytes), append(s, Part{Text: "."})}
}

// fewImages says that images are not worth more words.
func (f *Facts) fewImages() bool { return f.FPIBytes*100 < f.Bytes || f.FPIBytes == 0 }

// causes says why the images were written.
func causes(f *Facts) Finding {
	c := f.ImageCauses
	if f.fewImages() {
		return Finding{}
	}
	all := []struct {
		bytes int64
		text  string
	}{
		{c.FirstTouch, "for pages changed for the first time after a checkpoint"},
		{c.NewPage, "for whole new pages (index builds and copies log them)"},
		{c.Hint, "for pages of which only hint bits changed (checksums or wal_log_hints are on)"},
	}
	sort.SliceStable(all, func(i, k int) bool { return all[i].bytes > all[k].bytes })
	parts := []string{"of the images are " + all[0].text}
	for _, cause := range all[1:] {
		if float64(cause.bytes) >= .01*float64(f.FPIBytes) {
			parts = append(parts, share(cause.bytes, f.FPIBytes)+" "+cause.text)
		}
	}
	return Finding{share(all[0].bytes, f.FPIBytes), say(enumerated(parts) + ".")}
}

func enumerated(parts []string) string {
	last := len(parts) - 1
	if last == 0 {
		return parts[0]
	}
	return strings.Join(parts[:last], ", ") + " and " + parts[last]
}

// checkpoints says how far apart they are.
func checkpoints(f *Facts) Finding {
	const few = 1 << 20 // bytes: initdb's checkpoints follow each other at once
	if f.CheckpointCount < 2 || f.CheckpointDistance <= 0 || f.CheckpointSeconds < 1 && f.CheckpointDistance < few {
		return Finding{}
	}
	if f.CheckpointSeconds <= 0 {
		return Finding{size(f.CheckpointDistance), say("of WAL from one checkpoint to the next: the median of " + count(f.CheckpointCount) + ".")}
	}
	return Finding{duration(time.Duration(f.CheckpointSeconds * float64(time.Second))),
		say("from one checkpoint to the next, with " + size(f.CheckpointDistance) + " of WAL: the medians of " + count(f.CheckpointCount) + ".")}
}

func busiest(f *Facts) Finding {
	o := &f.Over
	i := o.busiest()
	if i < 0 {
		return Finding{}
	}
	most := &o.Steps[i]
	average := float64(f.Bytes-o.NoTime.Bytes) / float64(len(o.Steps))
	times := float64(most.Bytes) / average
	if times < 2 {
		return Finding{}
	}
	text := fmt.Sprintf("the average was written in the busiest %s, from %s on: %s, ", o.stepName(), o.clock(*most.Time), size(most.Bytes))
	if o.Peak != nil {
		what := "the table"
		if !f.NamesKnown {
			what = "the relation"
		}
		return Finding{fmt.Sprintf("%.1f\u00a0×", times), say(text+share(o.Peak.Bytes, o.Peak.Whole)+" of it of "+what+" @.", name(o.Peak.Table))}
	}
	layer := slices.Index(most.Layers, slices.Max(most.Layers))
	return Finding{fmt.Sprintf("%.1f\u00a0×", times), say(text+share(most.Layers[layer], most.Bytes)+" of it by @.", name(o.Layers[layer]))}
}

func largestTransaction(f *Facts) Finding {
	if len(f.Transactions) == 0 {
		return Finding{}
	}
	t := f.Transactions[0]
	if float64(t.Bytes) < .1*float64(f.Bytes) {
		return Finding{}
	}
	end := map[string]string{"committed": "it committed", "aborted": "it was rolled back", "prepared": "it is prepared", "open": "its end is not in this WAL"}[t.Status]
	sentence := say(fmt.Sprintf("was written by one transaction, %d: %s; %s", t.XID, size(t.Bytes), end))
	if len(t.Changes) > 0 {
		sentence = append(sentence, say(". In @: "+t.Changes[0].Verbs(), name(t.Changes[0].Relation))...)
	}
	return Finding{share(t.Bytes, f.Bytes), append(sentence, Part{Text: "."})}
}

func rolledBack(f *Facts) Finding {
	for _, s := range f.TransactionStatus {
		if s.Status == "aborted" && float64(s.Bytes) > .05*float64(f.Bytes) {
			return Finding{share(s.Bytes, f.Bytes), say(fmt.Sprintf("was written for nothing: %s by %s that rolled back.", size(s.Bytes), plural(s.Count, "transaction")))}
		}
	}
	return Finding{}
}

func missing(f *Facts) Sentence {
	switch {
	case f.GapCount == 0:
		return nil
	case f.filtered():
		return say("The dump was made with a filter, so records are missing nearly everywhere: the sums are those of what passed it.")
	case f.GapCount == 1:
		return say(fmt.Sprintf("Records are missing in one place (%s), which the sums do not have.", size(f.GapBytes)))
	}
	return say(fmt.Sprintf("Records are missing in %s places (%s), which the sums do not have.", count(f.GapCount), size(f.GapBytes)))
}

// filtered says that so many records are missing that they were left out on purpose.
func (f *Facts) filtered() bool { return f.GapCount > 20 && f.GapCount*20 > f.Records }

func noRecords(f *Facts) Sentence {
	if f.RejectCount == 0 {
		return nil
	}
	if len(f.Rejects) > 0 && f.Rejects[0].Line == 0 { // places of WAL
		if f.GapCount > 0 { // missing has said it
			return nil
		}
		return say("The WAL is damaged in " + plural(f.RejectCount, "place") + ": what was there is not in the sums.")
	}
	text := plural(f.RejectCount, "line")
	if f.RejectCount == 1 {
		return say(text + " is no record and was left out.")
	}
	return say(text + " are no records and were left out.")
}
