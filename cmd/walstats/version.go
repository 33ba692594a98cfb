package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"walstats/cmd/walstats/session"
)

func versionCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print the version, and that of the DuckDB in it",
		Example: "  walstats version\n  walstats version --extension dist/waldump.duckdb_extension",
		Args:    usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			db, err := session.Open(cmd.Context(), session.Of(cmd))
			if err != nil {
				return err
			}
			defer db.Close()
			v := struct {
				Walstats  string `json:"walstats"`
				DuckDB    string `json:"duckdb"`
				Extension string `json:"extension,omitempty"` // where one is LOADed
			}{Walstats: version}
			if err := db.QueryRowContext(cmd.Context(), `SELECT version(), coalesce((SELECT extension_version FROM duckdb_extensions()
				WHERE extension_name = 'waldump' AND loaded), '')`).Scan(&v.DuckDB, &v.Extension); err != nil {
				return err
			}
			if asJSON {
				return writeJSON(cmd.OutOrStdout(), v)
			}
			text := fmt.Sprintf("walstats %s\nDuckDB %s\n", v.Walstats, v.DuckDB)
			if v.Extension != "" {
				text += fmt.Sprintf("waldump %s, loaded\n", v.Extension)
			}
			_, err = fmt.Fprint(cmd.OutOrStdout(), text)
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "an object")
	return cmd
}

// writeJSON writes a value for programs, which people can read, too.
func writeJSON(w io.Writer, v any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}
