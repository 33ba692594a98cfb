package main

import (
	"cmp"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"walstats/cmd/walstats/names"
	"walstats/cmd/walstats/outfile"
)

func namesCommand() *cobra.Command {
	var out string
	var query, replace bool
	cmd := &cobra.Command{
		Use:   "names URL [-o names.csv]",
		Short: "Write the names of a server's relation files into a file, or the query that psql can do it with",
		Long: `Names reads which table or index each relation file of a server is, from the catalogs of all its
databases, in read-only transactions. walstats convert --names takes the server's URL, or the file.
What the URL leaves out comes from PGHOST, PGPASSWORD, ~/.pgpass and so on, as with psql; a password in
the URL can be seen in the list of processes.

Where walstats cannot reach the server, psql can: names --sql prints the query, and how to run it.`,
		Example: "  walstats names postgres://postgres@db.example.org/ -o names.csv\n  PGPASSFILE=~/.pgpass walstats names postgres://reader@/app?host=/run/postgresql\n  walstats names --sql > names.sql",
		Args:    usage(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case query && len(args) == 0 && out == "":
				_, err := io.WriteString(cmd.OutOrStdout(), names.Query)
				return err
			case query || len(args) == 0:
				return fmt.Errorf("give the server's URL, postgres://user@host/database, or --sql alone; %w", errUsage)
			}
			target, err := outfile.Resolve(cmp.Or(out, "-"), names.IsFile, replace)
			if err != nil {
				return err
			}
			relations, err := names.Read(cmd.Context(), args[0], func(text string) { fmt.Fprintln(cmd.ErrOrStderr(), "walstats:", text) })
			if err != nil {
				return err
			}
			return target.Write(func(w io.Writer) error { return names.Write(w, relations) })
		},
	}
	cmd.Flags().StringVarP(&out, "output", "o", "", "the file to write, instead of the standard output")
	cmd.Flags().BoolVar(&replace, "replace", false, "overwrite the output even if it is not a file of names")
	cmd.Flags().BoolVar(&query, "sql", false, "print the query, for psql")
	return cmd
}
