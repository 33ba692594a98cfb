// Package footer writes and reads what DuckDB wants to see at the end of an
// extension: 512 bytes, of which the first 256 are eight fields of text, the last
// one first, and the rest is room for a signature (ParsedExtensionMetaData,
// src/include/duckdb/main/extension.hpp).
package footer

import (
	"bytes"
	"errors"
	"fmt"
)

const (
	// Size is that of a footer, in bytes.
	Size      = 512
	fieldSize = 32
	fields    = 8
	magic     = "4"
)

// ErrNone says that a file does not end in a footer.
var ErrNone = errors.New("no DuckDB extension: it does not end in an extension's footer")

// A Footer is what an extension says of itself.
type Footer struct {
	Platform   string // linux_amd64
	APIVersion string // of the C API that it needs at least: v1.2.0
	Version    string // of the extension
	ABI        string // C_STRUCT: it takes the C API as a struct of functions
}

// Bytes is the footer as it stands at the end of a file, unsigned.
func (f Footer) Bytes() ([]byte, error) {
	b := make([]byte, Size)
	for i, text := range []string{magic, f.Platform, f.APIVersion, f.Version, f.ABI} {
		if len(text) > fieldSize {
			return nil, fmt.Errorf("%q is longer than the %d bytes that a footer's field has", text, fieldSize)
		}
		copy(b[(fields-1-i)*fieldSize:], text)
	}
	return b, nil
}

// Parse reads the footer at the end of a file's bytes.
func Parse(file []byte) (Footer, error) {
	if len(file) < Size {
		return Footer{}, ErrNone
	}
	b := file[len(file)-Size:]
	field := func(i int) string {
		text := b[(fields-1-i)*fieldSize:][:fieldSize]
		return string(bytes.TrimRight(text, "\x00"))
	}
	if field(0) != magic {
		return Footer{}, ErrNone
	}
	return Footer{Platform: field(1), APIVersion: field(2), Version: field(3), ABI: field(4)}, nil
}

func (f Footer) String() string {
	return fmt.Sprintf("version %s for %s, C API %s, ABI %s", f.Version, f.Platform, f.APIVersion, f.ABI)
}
