package inspect

import (
	"slices"
	"strconv"
	"strings"
)

// A version of PostgreSQL: 9.3 is 903, 10 is 1000. 0 is none.
type version int

const first = version(903)

func (v version) String() string {
	if v < 1000 {
		return "9." + strconv.Itoa(int(v)%100)
	}
	return strconv.Itoa(int(v) / 100)
}

// A marker is something in the text that only versions from From to To print.
type marker struct {
	what     string // as reports show it
	from, to version
}

func (m marker) String() string { return m.what + " (" + span(m.from, m.to) + ")" }

// span is a range of versions in words.
func span(from, to version) string {
	switch {
	case from == to:
		return from.String()
	case to == 0:
		return from.String() + " or later"
	case from == first:
		return to.String() + " or earlier"
	}
	return from.String() + " to " + to.String()
}

// typeMarkers are the record types, or the resource managers, that not every
// version has (src/backend/access/rmgrdesc and rmgrlist.h of each).
var typeMarkers = map[string]marker{
	"BRIN":              {from: 905},
	"CommitTs":          {from: 905},
	"ReplicationOrigin": {from: 905},
	"Generic":           {from: 906},
	"LogicalMessage":    {from: 906},
	"XLOG2":             {from: 1900},

	"XLOG/CHECKPOINT_REDO":                {from: 1700},
	"XLOG/ASSIGN_LSN":                     {from: 1900},
	"XLOG/LOGICAL_DECODING_STATUS_CHANGE": {from: 1900},
	"Transaction/INVALIDATION":            {from: 1400},
	"Database/CREATE":                     {from: 905, to: 1400},
	"Database/CREATE_FILE_COPY":           {from: 1500},
	"Database/CREATE_WAL_LOG":             {from: 1500},
	"Heap/TRUNCATE":                       {from: 1100},
	"Heap2/CLEAN":                         {from: 905, to: 1300},
	"Heap2/CLEANUP_INFO":                  {from: 905, to: 1300},
	"Heap2/PRUNE":                         {from: 1400, to: 1600},
	"Heap2/VACUUM":                        {from: 1400, to: 1600},
	"Heap2/FREEZE_PAGE":                   {from: 905, to: 1600},
	"Heap2/VISIBLE":                       {from: 905, to: 1800},
	"Heap2/PRUNE_ON_ACCESS":               {from: 1700},
	"Heap2/PRUNE_VACUUM_SCAN":             {from: 1700},
	"Heap2/PRUNE_VACUUM_CLEANUP":          {from: 1700},
	"Btree/INSERT_POST":                   {from: 1300},
	"Btree/DEDUP":                         {from: 1300},
	"Btree/META_CLEANUP":                  {from: 1100},
	"Btree/SPLIT_L_ROOT":                  {from: 905, to: 1000},
	"Btree/SPLIT_R_ROOT":                  {from: 905, to: 1000},
	"Gin/CREATE_INDEX":                    {from: 905, to: 1000},
	"Gist/CREATE_INDEX":                   {from: 905, to: 1000},
	"SPGist/CREATE_INDEX":                 {from: 905, to: 1000},
	"CommitTs/SETTS":                      {from: 905, to: 1300},
}

// Markers of every record: since 9.5 each has an identifier, before it was lower-case
// text.
var (
	identifierMarker = marker{"identifiers after desc:", 905, 0}
	lowerCaseMarker  = marker{"no identifiers after desc:", 903, 904}
	customMarker     = marker{"custom resource managers", 1500, 0}
)

// A Version is which versions of PostgreSQL can have written a text.
type Version struct {
	From string   `json:"from"`         // the earliest that can have, 9.3 where none is excluded
	To   string   `json:"to,omitempty"` // the latest, absent where none is excluded
	By   []string `json:"by"`           // what says so
	Text string   `json:"text"`         // the same in words
}

// versions narrows the range down by the markers that were seen.
func versions(seen []marker) Version {
	slices.SortFunc(seen, func(a, b marker) int { return strings.Compare(a.what, b.what) }) // the same words every time
	low, high := marker{from: first}, marker{}
	for _, m := range seen {
		if m.from > low.from {
			low = m
		}
		if m.to != 0 && (high.to == 0 || m.to < high.to) {
			high = m
		}
	}
	v := Version{From: low.from.String(), By: []string{}, Text: "PostgreSQL " + span(low.from, high.to)}
	if high.to != 0 {
		v.To = high.to.String()
	}
	for _, m := range []marker{low, high} {
		if m.what != "" && !slices.Contains(v.By, m.String()) {
			v.By = append(v.By, m.String())
		}
	}
	switch {
	case high.to != 0 && low.from > high.to:
		v.Text = "several versions of PostgreSQL: " + strings.Join(v.By, ", ")
	case low.from == first && high.to == 0:
		v.Text = "PostgreSQL, any version"
	}
	return v
}
