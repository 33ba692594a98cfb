package main

import (
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc" // man pages from the same words as --help
)

func manCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "man DIR",
		Short:   "Write a man page for every command into a folder",
		Example: "  walstats man /usr/local/share/man/man1",
		Args:    usage(cobra.ExactArgs(1)),
		Hidden:  true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return err
			}
			root := cmd.Root()
			root.DisableAutoGenTag = true // whose date changes every day
			return doc.GenManTree(root, &doc.GenManHeader{Section: "1", Source: "walstats " + version, Manual: "walstats"}, args[0])
		},
	}
}
