package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"
	"github.com/spf13/cobra"

	"walstats/cmd/walstats/batch"
)

func rangesCommand() *cobra.Command {
	var (
		parts int
		size  string
		null  bool
		part  walPart
	)
	cmd := &cobra.Command{
		Use:   "ranges FILE...",
		Short: "Plan the work of many machines: ranges that tile dumps or WAL, as JSON",
		Long: `Plan the work of many machines: ranges that tile dumps or WAL, as JSON.

FILE is a dump, compressed or not, a pattern, or a folder with dumps in it or below it, as for
walstats convert. A plain file is cut into ranges of one length. A compressed one can only be read
from its beginning, so it is one range. Each range is a task of its own: walstats convert --range,
or byte_range of read_waldump, gives the records that start in it, so that all ranges together
give every record once. part is a name for what becomes of the range.

Of WAL, name segments, data directories or archives; several clusters have a folder each. A range
is a segment, several with --size, or a piece of one: the records from start_lsn on and before
end_lsn, as read_wal takes them, with the files that they need and the timeline to read them with.
The ranges of a cluster follow each other from its first segment to where its WAL ends now. A
segment that is missing, cut, different in two copies or of another cluster is a line with error in
place of a range, is told, and makes the exit code 3.`,
		Example: `  walstats ranges wal.dump --parts 8
  walstats ranges dumps --size 256MB | jq -r '.[].part'
  walstats ranges archive --size 256MB --null |
    xargs -0 -n 2 -P 8 sh -c 'walstats convert --range "$0" -o "parts/$1.parquet" --threads 1 --quiet'`,
		Args: usage(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if parts < 1 {
				return fmt.Errorf("--parts %d: give at least 1; %w", parts, errUsage)
			}
			var limit uint64
			if size != "" {
				var err error
				if limit, err = humanize.ParseBytes(size); err != nil || limit == 0 || limit > 1<<62 {
					return fmt.Errorf("--size %s: give a number of bytes, for example 256MB; %w", size, errUsage)
				}
			}
			isWAL, err := wholeWAL(args)
			if errors.Is(err, fs.ErrPermission) {
				return err
			} else if err != nil {
				return fmt.Errorf("%w; %w", err, errUsage)
			}
			if err := part.check(isWAL); err != nil {
				return err
			}
			if isWAL {
				return planWAL(cmd, args, parts, int64(limit), null, part)
			}
			inputs, err := batch.Expand(args)
			if err != nil {
				return err
			}
			ranges, err := batch.Tile(inputs, parts, int64(limit))
			if err != nil {
				return err
			}
			if null {
				return writeTasks(cmd.OutOrStdout(), ranges, func(r batch.Range) string { return r.Part })
			}
			return writeRanges(cmd.OutOrStdout(), ranges)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.IntVar(&parts, "parts", 1, "cut each file into so many ranges")
	flags.StringVar(&size, "size", "", "and into more, so that none is longer than this: 256MB")
	part.add(cmd)
	flags.BoolVarP(&null, "null", "0", false, "write what --range of walstats convert takes, and part, each with a NUL after it, for xargs -0 -n 2")
	return cmd
}

// planWAL writes the plan of WAL, and says what is wrong with it.
func planWAL(cmd *cobra.Command, args []string, parts int, size int64, null bool, part walPart) error {
	ranges, err := walRanges(args, parts, size, part)
	if err != nil {
		return err
	}
	var wrong int
	for _, r := range ranges {
		if r.Error != "" {
			wrong++
			fmt.Fprintf(cmd.ErrOrStderr(), "walstats: %s: %s\n", r.File, r.Error)
		}
	}
	if null {
		err = writeTasks(cmd.OutOrStdout(), slices.DeleteFunc(ranges, func(r walRange) bool { return r.Part == "" }), func(r walRange) string { return r.Part })
	} else {
		err = writeRanges(cmd.OutOrStdout(), ranges)
	}
	if err != nil || wrong == 0 {
		return err
	}
	return rejectsError(fmt.Sprintf("%s of WAL that is not whole, see above; the plan has all the rest", english.Plural(wrong, "place", "")))
}

// writeRanges writes a list in JSON, a range a line.
func writeRanges[R any](w io.Writer, ranges []R) error {
	out := bufio.NewWriter(w)
	before := "[\n  "
	for _, r := range ranges {
		line, err := json.Marshal(r)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s%s", before, line)
		before = ",\n  "
	}
	fmt.Fprint(out, "\n]\n")
	return out.Flush()
}

// writeTasks writes what xargs takes.
func writeTasks[R fmt.Stringer](w io.Writer, ranges []R, part func(R) string) error {
	out := bufio.NewWriter(w)
	for _, r := range ranges {
		fmt.Fprintf(out, "%s\x00%s\x00", r, part(r))
	}
	return out.Flush()
}
