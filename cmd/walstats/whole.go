package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"walstats/cmd/walstats/batch"
)

// writeWhole has write make a file: whole, or none.
func writeWhole(path string, write func(io.Writer) error) error {
	return batch.Whole(path, func(temporary string) error {
		file, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
		if err != nil {
			return err
		}
		if err := errors.Join(write(file), file.Close()); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		return nil
	})
}
