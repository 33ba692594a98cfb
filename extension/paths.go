package extension

import (
	"errors"
	"fmt"

	"walstats/cshim"
)

// bindPaths returns the files that the argument names: a VARCHAR, or a list of them.
// DuckDB accepts an argument of any type there, so a wrong one gets an error of ours.
func bindPaths(v cshim.Value) ([]string, error) {
	switch {
	case v.IsNull():
		return nil, errors.New("the path is NULL; give a file name")
	case v.Type() == cshim.Varchar:
		return []string{v.Varchar()}, nil
	case v.Type() != cshim.List:
		return nil, errors.New("path must be VARCHAR or VARCHAR[]")
	}
	list := v.List()
	if len(list) == 0 {
		return nil, errors.New("the list of paths is empty; give at least one file name")
	}
	paths := make([]string, len(list))
	for i, item := range list {
		switch {
		case item.IsNull():
			return nil, fmt.Errorf("element %d of the list of paths is NULL; give a file name", i+1)
		case item.Type() != cshim.Varchar:
			return nil, fmt.Errorf("element %d of the list of paths must be VARCHAR", i+1)
		}
		paths[i] = item.Varchar()
	}
	return paths, nil
}
