package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/spf13/cobra"
)

// A byteRange is a part of a file for read_waldump's byte_range: the records that
// start in [Begin, End).
type byteRange struct {
	File  string `json:"file"`
	Begin int64  `json:"begin"`
	End   int64  `json:"end"`
}

func rangesCommand() *cobra.Command {
	var parts int
	cmd := &cobra.Command{
		Use:     "ranges FILE --parts N",
		Short:   "Print byte ranges that tile a plain dump, as JSON, for read_waldump's byte_range",
		Example: "  walstats ranges wal.dump --parts 8",
		Args:    usage(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if parts < 1 {
				return fmt.Errorf("--parts %d: give at least 1; %w", parts, errUsage)
			}
			info, err := os.Stat(args[0])
			if err != nil {
				return err
			}
			if !info.Mode().IsRegular() {
				return fmt.Errorf("%s is no plain file, so it has no byte ranges", args[0])
			}
			encoder := json.NewEncoder(cmd.OutOrStdout())
			encoder.SetIndent("", "  ")
			return encoder.Encode(tile(args[0], info.Size(), parts))
		},
	}
	cmd.Flags().IntVar(&parts, "parts", 1, "how many ranges")
	return cmd
}

// tile cuts a file of that size into ranges of one length, but for the last.
func tile(file string, size int64, parts int) []byteRange {
	ranges := make([]byteRange, parts)
	for i := range ranges {
		n := int64(i)
		ranges[i] = byteRange{file, size / int64(parts) * n, size / int64(parts) * (n + 1)}
	}
	ranges[parts-1].End = size
	return ranges
}
