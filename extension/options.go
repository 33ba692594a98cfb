package extension

import (
	"errors"
	"fmt"

	"walstats/cshim"
)

// options are the named parameters of read_waldump.
type options struct {
	ignoreErrors  bool
	maxRecordSize int64 // bytes
}

const defaultMaxRecordSize = 64 << 20

var optionFields = []cshim.Field{
	{Name: "ignore_errors", Type: cshim.Type{ID: cshim.Boolean}},
}

func bindOptions(b *cshim.Bind) (options, error) {
	o := options{maxRecordSize: defaultMaxRecordSize}
	if v, given := b.Named("ignore_errors"); given {
		if v.IsNull() {
			return o, errors.New("ignore_errors is NULL; give true or false")
		}
		o.ignoreErrors = v.Bool()
	}
	return o, nil
}

// bindPaths reads the argument that names the files: a VARCHAR, or a list of
// them. DuckDB takes anything there, so that a wrong one has our own error.
func bindPaths(v cshim.Value) ([]string, error) {
	switch {
	case v.IsNull():
		return nil, errors.New("the path is NULL; give a file's name")
	case v.Type() == cshim.Varchar:
		return []string{v.Varchar()}, nil
	case v.Type() != cshim.List:
		return nil, errors.New("the path is no text; give a file's name, or a list of names")
	}
	list := v.List()
	if len(list) == 0 {
		return nil, errors.New("the list of paths is empty; give at least one file's name")
	}
	paths := make([]string, len(list))
	for i, item := range list {
		switch {
		case item.IsNull():
			return nil, fmt.Errorf("the list of paths has a NULL, at place %d", i+1)
		case item.Type() != cshim.Varchar:
			return nil, fmt.Errorf("the list of paths has something that is no text, at place %d", i+1)
		}
		paths[i] = item.Varchar()
	}
	return paths, nil
}
