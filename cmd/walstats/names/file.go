package names

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// readFile reads what psql --csv wrote with Query, once or for several databases: then
// each begins with the line of column names.
func readFile(path string) ([]Relation, error) {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s: no such file; names come from a file that psql wrote, or from a server, postgres://user@host/database", path)
	} else if err != nil {
		return nil, err
	}
	defer file.Close()
	lines := csv.NewReader(file)
	lines.FieldsPerRecord = -1 // checked below, in our words
	var relations []Relation
	for first := true; ; first = false {
		fields, err := lines.Read()
		if err == io.EOF {
			return relations, nil
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		line, _ := lines.FieldPos(0)
		if slices.Equal(fields, columns) {
			continue
		}
		if first || len(fields) != len(columns) {
			return nil, fmt.Errorf("%s:%d: these are not the columns of names.sql; make the file with psql -X --csv -f names.sql", path, line)
		}
		relation, err := newRelation(fields)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, line, err)
		}
		relations = append(relations, relation)
	}
}

// Write writes the names as readFile reads them.
func Write(to io.Writer, relations []Relation) error {
	lines := csv.NewWriter(to)
	if err := lines.Write(columns); err != nil {
		return err
	}
	for _, relation := range relations {
		if err := lines.Write(relation); err != nil {
			return err
		}
	}
	lines.Flush()
	return lines.Error()
}

// IsFile reports whether a file that begins with head was written by Write.
func IsFile(head, _ []byte) bool {
	return bytes.HasPrefix(head, []byte(strings.Join(columns, ",")+"\n"))
}
