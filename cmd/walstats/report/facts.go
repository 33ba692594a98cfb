// Package report tells what is in a database of WAL records: facts, gathered with the
// views of package answers, shown as one page of HTML, as JSON or in a terminal.
//
// A record counts once, for its first block, unless a comment says otherwise; so the
// sums are those of pg_waldump --stats. Every list is bounded, whatever the database
// holds, and says how many there are in all.
package report

import (
	"time"

	"walstats/record"
)

// The most of each that a report lists.
const (
	maxSteps        = 120
	maxLayers       = 6 // resource managers of their own in a chart; the rest is "other"
	maxRelations    = 25
	maxTypes        = 25
	maxTransactions = 15
	maxBlocks       = 15
	maxCheckpoints  = 200
	maxGaps         = 20
	maxRejects      = 20
	maxInputs       = 20
	maxText         = 200 // runes of any text that comes from the database
)

// Facts are all that a report says.
type Facts struct {
	Inputs     []string `json:"inputs"`      // names of dumps, at most maxInputs
	InputCount int64    `json:"input_count"` // of all
	Version    string   `json:"version"`     // of walstats

	Findings []Finding  `json:"findings"` // what matters, the most important first
	Warnings []Sentence `json:"warnings"` // what the sums do not have
	Timezone string     `json:"timezone"` // of all times here

	Sums
	FirstLSN  record.LSN `json:"first_lsn"`
	LastLSN   record.LSN `json:"last_lsn"`
	FirstTime *time.Time `json:"first_time"` // nil where no record has a time
	LastTime  *time.Time `json:"last_time"`
	Zones     []Zone     `json:"time_zones"` // of dumps, the most times first

	CutRecords int64 `json:"cut_records"` // of dumps, with an image and no block reference
	CutWidth   int64 `json:"cut_width"`   // the length of most of their lines, 0 if there is none

	Managers    []Manager    `json:"resource_managers"` // the most bytes first
	Over        Over         `json:"over_time"`
	Checkpoints []Checkpoint `json:"checkpoints"` // the first maxCheckpoints

	CheckpointCount    int64       `json:"checkpoint_count"`
	CheckpointSeconds  float64     `json:"checkpoint_seconds_apart"` // the median; 0 where no time is known
	CheckpointDistance int64       `json:"checkpoint_distance"`      // the median WAL between two redo points
	ImageCauses        ImageCauses `json:"image_causes"`
	WhatIf             []WhatIf    `json:"what_if_checkpoints"` // fewer of them

	Compression []Compression `json:"what_if_compression"` // of WAL whose images are not compressed

	Tables     []Table `json:"tables"` // the most bytes first
	TableCount int64   `json:"table_count"`

	Indexed []Indexed `json:"indexes_and_updates"` // by table; those whose indexes make the most WAL

	Recovery      []RecoveryPoint `json:"recovery_points"` // the last first
	RecoveryCount int64           `json:"recovery_point_count"`

	Relations     []Relation `json:"relations"` // the most bytes first
	RelationCount int64      `json:"relation_count"`
	ImageRelation *Relation  `json:"relation_with_most_images"` // nil where there are no images
	NamesKnown    bool       `json:"names_known"`               // some relation has a name

	RecordTypes     []RecordType `json:"record_types"` // the most bytes first
	RecordTypeCount int64        `json:"record_type_count"`

	Transactions      []Transaction       `json:"transactions"` // the most bytes first
	TransactionStatus []TransactionStatus `json:"transaction_status"`

	HotBlocks []HotBlock `json:"hot_blocks"` // the most records first

	Gaps     []Gap `json:"gaps"` // in the order of the WAL
	GapCount int64 `json:"gap_count"`
	GapBytes int64 `json:"gap_bytes"`

	Rejects      []Reject `json:"rejects"` // lines that are no records
	RejectCount  int64    `json:"reject_count"`
	Messages     []Reject `json:"messages"` // lines that pg_waldump itself said
	MessageCount int64    `json:"message_count"`
}

// Sums are what records add up to. Bytes are record_length, images included; FPIBytes
// are the full-page images among them.
type Sums struct {
	Records  int64 `json:"records"`
	Bytes    int64 `json:"bytes"`
	FPIBytes int64 `json:"fpi_bytes"`
	Images   int64 `json:"images"`
}

// RecordBytes are the bytes that are no full-page images.
func (s Sums) RecordBytes() int64 { return s.Bytes - s.FPIBytes }

// A Manager is what the records of a resource manager add up to.
type Manager struct {
	Name string `json:"resource_manager"`
	Sums
}

// Over is the WAL in steps of one length: of seconds where records have times, else of
// bytes of LSN. A step holds what was written in it, by the rule of wal_over_time: WAL
// between two known times is spread over them.
type Over struct {
	Axis    string   `json:"axis"`    // "time" or "lsn"
	Step    float64  `json:"step"`    // seconds or bytes
	Layers  []string `json:"layers"`  // resource managers of their own, the most bytes first; then "other", if any
	Steps   []Step   `json:"steps"`   // without holes
	Commits int64    `json:"commits"` // in all
	Aborts  int64    `json:"aborts"`  // in all
	Peak    *Peak    `json:"peak"`    // of the busiest step; nil where no table is in it
	NoTime  Sums     `json:"no_time"` // before the first known time and after the last, where that is not next to nothing
	first   float64  // where the first step begins: seconds since 1970, or an LSN
}

// A Step of Over.
type Step struct {
	Time    *time.Time `json:"start_time,omitempty"` // where the axis is time
	LSN     record.LSN `json:"first_lsn"`            // the first record's; 0 where there is none
	Layers  []int64    `json:"bytes_by_layer"`
	Commits int64      `json:"commits"`
	Aborts  int64      `json:"aborts"`
	// Estimated reports that no record in the step has a time of its own.
	Estimated bool `json:"estimated"`
	Sums
}

// A Checkpoint by its record. It begins at its redo point and ends with the record; the
// times are estimates. Distance and SecondsApart are the WAL and the time from the redo
// point before to its own, 0 where that is not known.
type Checkpoint struct {
	LSN          record.LSN `json:"start_lsn"`
	Redo         record.LSN `json:"redo_lsn"`
	Type         string     `json:"type"`
	Distance     int64      `json:"distance"`
	SecondsApart float64    `json:"seconds_apart"`
	RedoTime     *time.Time `json:"redo_time"`
	Time         *time.Time `json:"xact_time"`
}

// ImageCauses are why full-page images were written, in bytes: see wal_fpi_by_relation.
type ImageCauses struct {
	FirstTouch int64 `json:"first_touch_bytes"`
	NewPage    int64 `json:"new_page_bytes"`
	Hint       int64 `json:"hint_bytes"`
}

// A Relation is a relation's file: its name where it is known, else its numbers,
// tablespace/database/relfilenode; "" stands for records without a block.
type Relation struct {
	Name        string  `json:"relation"`
	File        string  `json:"file"` // its numbers
	Kind        string  `json:"kind,omitempty"`
	Database    string  `json:"database,omitempty"`
	Table       string  `json:"table_name,omitempty"`
	PartitionOf string  `json:"partition_of,omitempty"`
	Share       float64 `json:"share"` // of all bytes
	Sums
}

// A RecordType of a resource manager.
type RecordType struct {
	Manager string `json:"resource_manager"`
	Type    string `json:"record_type"`
	Sums
}

// A Transaction with its subtransactions.
type Transaction struct {
	XID             uint32     `json:"xid"`
	Status          string     `json:"status"` // committed, aborted, prepared or open
	First           record.LSN `json:"first_lsn"`
	Last            record.LSN `json:"last_lsn"`
	Time            *time.Time `json:"xact_time"`
	Subtransactions int64      `json:"subtransactions"`
	Records         int64      `json:"records"`
	Bytes           int64      `json:"bytes"`
	FPIBytes        int64      `json:"fpi_bytes"`
	Changes         []Change   `json:"changes,omitempty"` // the most rows first
}

// TransactionStatus is how many transactions ended so, and what they wrote.
type TransactionStatus struct {
	Status string `json:"status"`
	Count  int64  `json:"count"`
	Bytes  int64  `json:"bytes"`
}

// A HotBlock is a page that records touch: a record counts for every page it touches.
type HotBlock struct {
	Relation string `json:"relation"`
	Kind     string `json:"kind,omitempty"`
	Fork     string `json:"fork"`
	Block    uint32 `json:"block"`
	Records  int64  `json:"records"`
	Images   int64  `json:"images"`
}

// A Gap is where records are missing: between Last and Next.
type Gap struct {
	Last  record.LSN `json:"last_lsn"`
	Next  record.LSN `json:"next_lsn"`
	Bytes int64      `json:"bytes"`
	Input string     `json:"filename,omitempty"`
}

// A Reject is a line that is no record.
type Reject struct {
	Input string `json:"filename"`
	Line  int64  `json:"line_number"`
	Text  string `json:"line"`
	Error string `json:"error,omitempty"`
}

// Rename gives the inputs other names, wherever they are in the facts.
func (f *Facts) Rename(name func(string) string) {
	for i := range f.Inputs {
		f.Inputs[i] = name(f.Inputs[i])
	}
	for i := range f.Gaps {
		f.Gaps[i].Input = name(f.Gaps[i].Input)
	}
	for _, lines := range [][]Reject{f.Rejects, f.Messages} {
		for i := range lines {
			lines[i].Input = name(lines[i].Input)
		}
	}
}
