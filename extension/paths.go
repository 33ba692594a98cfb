package extension

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4" // globs with **, which Go's own lacks

	"walstats/cshim"
)

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

// Expand replaces every path that is no file by the files it matches, sorted.
func Expand(paths []string) (files []string, err error) { return expand(nil, paths) }

// expand is Expand where h may forbid to read files, and to see which there are.
func expand(h host, paths []string) (files []string, err error) {
	may := permissionOf(h)
	for _, path := range paths {
		if isURL(path) {
			if h == nil {
				return nil, fmt.Errorf("%s: is a URL, and DuckDB lends its file systems to extensions from 1.5.6 on only; use that, or copy the file to a disk first", path)
			}
			files = append(files, path)
			continue
		}
		if err := may.check(path); err != nil {
			return nil, err
		}
		if isStdin(path) || !isPattern(path) || exists(path) {
			files = append(files, path)
			continue
		}
		matches, err := glob(path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if len(matches) == 0 {
			return nil, fmt.Errorf("%s: no file matches this pattern", path)
		}
		for _, match := range matches {
			if err := may.check(match); err != nil {
				return nil, err
			}
		}
		slices.Sort(matches)
		files = append(files, matches...)
	}
	return files, nil
}

func isPattern(path string) bool { return strings.ContainsAny(path, `*?[{`) }

// glob is the files that a pattern matches. A ** goes into no directory through a symbolic
// link, which may lead back to where it came from.
func glob(pattern string) ([]string, error) {
	options := []doublestar.GlobOption{doublestar.WithFilesOnly(), doublestar.WithFailOnIOErrors()}
	if !strings.Contains(pattern, "**") {
		return doublestar.FilepathGlob(pattern, options...)
	}
	matches, err := doublestar.FilepathGlob(pattern, append(options, doublestar.WithNoFollow())...)
	return slices.DeleteFunc(matches, isDirectory), err // a link to one counts as a file there
}

func isDirectory(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
