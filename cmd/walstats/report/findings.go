package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"
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

// findings are the sentences that matter, the most important first.
func findings(f *Facts) []Sentence {
	if f.Records == 0 {
		return []Sentence{say("There are no records.")}
	}
	all := []Sentence{extent(f)}
	for _, find := range []func(*Facts) Sentence{images, causes, sinceCheckpoint, largestRelation, busiest, largestTransaction, rolledBack, missing, noRecords, cutLines, times} {
		if s := find(f); s != nil {
			all = append(all, s)
		}
	}
	return all
}

func extent(f *Facts) Sentence {
	text := fmt.Sprintf("%s of WAL in %s", size(f.Bytes), plural(f.Records, "record"))
	if f.Over.Axis == "time" {
		span := f.LastTime.Sub(*f.FirstTime)
		text += fmt.Sprintf(", written in %s (%s a second)", duration(span), size(int64(float64(f.Bytes)/span.Seconds())))
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
	return say(text + ".")
}

func images(f *Facts) Sentence {
	if f.FPIBytes == 0 {
		return say("There is no full-page image among them.")
	}
	if f.fewImages() {
		return say(fmt.Sprintf("Full-page images are %s of it (%s).", share(f.FPIBytes, f.Bytes), size(f.FPIBytes)))
	}
	s := say(fmt.Sprintf("%s of it (%s) is %s", share(f.FPIBytes, f.Bytes), size(f.FPIBytes), plural(f.Images, "full-page image")))
	if f.Images == 0 { // the lines were cut before the block references
		s = say(fmt.Sprintf("%s of it (%s) is full-page images", share(f.FPIBytes, f.Bytes), size(f.FPIBytes)))
	}
	if r := f.ImageRelation; r != nil && r.File != "" {
		part := float64(r.FPIBytes) / float64(f.FPIBytes)
		if f.Images == 1 {
			s = append(s, say(", of @", r.called())...)
		} else if part > .5 {
			s = append(s, say(", most of them ("+percent(part)+") of @", r.called())...)
		} else {
			s = append(s, say("; @ has the most of them ("+percent(part)+")", r.called())...)
		}
		if r.Kind == "index" && part > .2 && r.FPIBytes*2 > r.Bytes {
			s = append(s, Part{Text: ", an index that is changed all over, as random keys do"})
		}
	}
	return append(s, Part{Text: "."})
}

// fewImages says that images are not worth more words.
func (f *Facts) fewImages() bool { return f.FPIBytes*100 < f.Bytes || f.FPIBytes == 0 }

// causes says why the images were written, where there is more to say than that pages
// changed.
func causes(f *Facts) Sentence {
	c := f.ImageCauses
	if f.fewImages() {
		return nil
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
	var parts []string
	for _, cause := range all {
		if float64(cause.bytes) >= .01*float64(f.FPIBytes) {
			parts = append(parts, share(cause.bytes, f.FPIBytes)+" "+cause.text)
		}
	}
	if len(parts) == 1 {
		return say("Nearly all are " + all[0].text + ".")
	}
	return say("Why: " + enumerated(parts) + ".")
}

func enumerated(parts []string) string {
	last := len(parts) - 1
	if last == 0 {
		return parts[0]
	}
	return strings.Join(parts[:last], ", ") + " and " + parts[last]
}

// sinceCheckpoint says how the images lie behind checkpoints, and what that means.
func sinceCheckpoint(f *Facts) Sentence {
	half := f.SinceCheckpoint.Half
	if half == 0 || f.fewImages() || f.CheckpointCount < 2 {
		return nil
	}
	var sum, n int64
	for _, c := range f.Checkpoints {
		if c.Distance > 0 {
			sum += c.Distance
			n++
		}
	}
	if n == 0 {
		return nil
	}
	text := fmt.Sprintf("Half of the images lie within %s MiB behind a checkpoint's redo point; checkpoints are %s apart on average", count(half), size(sum/n))
	if f.ImageCauses.FirstTouch*4 > f.Bytes {
		text += ": fewer checkpoints (a larger max_wal_size or checkpoint_timeout) would mean fewer images"
	}
	return say(text + ".")
}

func largestRelation(f *Facts) Sentence {
	for i := range f.Relations {
		r := &f.Relations[i]
		if r.File == "" {
			continue
		}
		if r.Share < .1 {
			return nil
		}
		s := say("The most WAL, "+percent(r.Share)+" of all, is of @", r.called())
		return append(s, Part{Text: fmt.Sprintf(": %s in %s.", size(r.Bytes), plural(r.Records, "record"))})
	}
	return nil
}

func busiest(f *Facts) Sentence {
	o := &f.Over
	if len(o.Steps) < 4 {
		return nil
	}
	most := slices.MaxFunc(o.Steps, func(a, b Step) int { return int(a.Bytes - b.Bytes) })
	average := float64(f.Bytes) / float64(len(o.Steps))
	times := float64(most.Bytes) / average
	if times < 2 || o.Axis != "time" {
		return nil
	}
	layer := slices.Index(most.Layers, slices.Max(most.Layers))
	s := say(fmt.Sprintf("The busiest %s began at %s: %s, %.1f times the average, %s of it by @.",
		o.stepName(), o.clock(most.Time.UTC()), size(most.Bytes), times, share(most.Layers[layer], most.Bytes)), name(o.Layers[layer]))
	return s
}

func largestTransaction(f *Facts) Sentence {
	if len(f.Transactions) == 0 {
		return nil
	}
	t := f.Transactions[0]
	if float64(t.Bytes) < .05*float64(f.Bytes) {
		return nil
	}
	end := map[string]string{"committed": "it committed", "aborted": "it was rolled back", "prepared": "it is prepared", "open": "its end is not in this WAL"}[t.Status]
	return say(fmt.Sprintf("The largest transaction, %d, wrote %s (%s); %s.", t.XID, size(t.Bytes), share(t.Bytes, f.Bytes), end))
}

func rolledBack(f *Facts) Sentence {
	for _, s := range f.TransactionStatus {
		if s.Status == "aborted" && float64(s.Bytes) > .05*float64(f.Bytes) {
			return say(fmt.Sprintf("%s rolled back wrote %s (%s) for nothing.", plural(s.Count, "transaction"), size(s.Bytes), share(s.Bytes, f.Bytes)))
		}
	}
	return nil
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
	text := plural(f.RejectCount, "line")
	if f.RejectCount == 1 {
		return say(text + " is no record and was left out.")
	}
	return say(text + " are no records and were left out.")
}
