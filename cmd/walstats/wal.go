package main

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/spf13/pflag"

	"walstats/cmd/walstats/batch"
	"walstats/cmd/walstats/segments"
	"walstats/record"
)

// walFlags are those of convert that are about WAL itself: segments instead of dumps.
type walFlags struct {
	folder     string
	start, end string
	timeline   uint32
	program    string
	details    bool
}

func (w *walFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&w.folder, "wal", "", "convert this folder's WAL (pg_wal, or an archive): each segment is an input, of which pg_waldump\nmakes a dump in memory")
	flags.StringVar(&w.start, "start", "", "with --wal: the LSN from which on records are read, as for pg_waldump")
	flags.StringVar(&w.end, "end", "", "with --wal: the LSN up to which")
	flags.Uint32Var(&w.timeline, "timeline", 0, "with --wal: the timeline, and those it came from (default the newest)")
	flags.StringVar(&w.program, "pg-waldump", "", "with --wal: the pg_waldump to run (default the one of the WAL's version, of PATH or a package)")
	flags.BoolVar(&w.details, "bkp-details", false, "with --wal: images' holes and compression, too, as pg_waldump --bkp-details prints them")
}

// check says what is wrong with the command line.
func (w *walFlags) check(dumps []string, kind batch.Kind) error {
	if w.folder == "" {
		if *w != (walFlags{}) {
			return errors.New("--start, --end, --timeline, --pg-waldump and --bkp-details: name the folder of WAL with --wal")
		}
		return nil
	}
	switch {
	case len(dumps) > 0:
		return fmt.Errorf("--wal and %s: convert WAL and dumps one after the other", dumps[0])
	case kind != batch.Database && kind != batch.Folder:
		return errors.New("--wal: its dumps are never all there at once, for one file; write a .duckdb, or a folder with --partition")
	}
	_, err := w.part()
	return err
}

func (w *walFlags) part() (p segments.Part, err error) {
	p.Timeline = w.timeline
	for _, f := range []struct {
		name, text string
		lsn        *record.LSN
	}{{"start", w.start, &p.Start}, {"end", w.end, &p.End}} {
		if f.text == "" {
			continue
		}
		if *f.lsn, err = record.ParseLSN([]byte(f.text)); err != nil {
			return p, fmt.Errorf("--%s %s: %w", f.name, f.text, err)
		}
	}
	return p, nil
}

// inputs are the segments, and what makes their dumps.
func (w *walFlags) inputs(threads int) (inputs []batch.Input, maker batch.Maker, err error) {
	part, err := w.part()
	if err != nil {
		return nil, nil, err
	}
	chain, err := segments.Open(w.folder, part)
	if err != nil {
		return nil, nil, err
	}
	version, err := chain.Version()
	if err != nil {
		return nil, nil, err
	}
	program, err := segments.Find(w.program, version)
	if err != nil {
		return nil, nil, err
	}
	pieces, err := chain.Pieces()
	if err != nil {
		return nil, nil, err
	}
	for _, piece := range pieces {
		input, err := batch.Made(piece.Path, piece.Unfinished)
		if err != nil {
			return nil, nil, err
		}
		inputs = append(inputs, input)
	}
	if threads == 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	return inputs, &segments.Maker{Chain: chain, Program: program, Pieces: pieces, Workers: threads, Details: w.details}, nil
}
