package source

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Below returns the files in a folder and the folders below it whose names match,
// sorted by path. It enters no folder through a link, which may lead back to where it
// came from. If h is not nil, Below asks it whether the folder may be read.
func Below(h Host, folder string, match func(name string) bool) (files []string, err error) {
	p := permissionOf(h)
	if err := p.check(folder); err != nil {
		return nil, err
	}
	root, err := filepath.EvalSymlinks(folder) // the folder itself may be a link
	if err != nil {
		return nil, pathError(folder, err)
	}
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			if path != root && errors.Is(err, fs.ErrNotExist) { // removed meanwhile
				return nil
			}
			return pathError(path, err)
		}
		if entry.IsDir() || !match(entry.Name()) || entry.Type()&fs.ModeSymlink != 0 && isDirectory(path) {
			return nil
		}
		inside, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		path = filepath.Join(folder, inside)
		if err := p.check(path); err != nil {
			return err
		}
		files = append(files, path)
		return nil
	})
	return files, err
}

// IsFolder reports whether path is a folder.
func IsFolder(path string) bool {
	info, err := os.Stat(onDisk(path))
	return err == nil && info.IsDir()
}
