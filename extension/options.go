package extension

import (
	"errors"
	"fmt"
	"math"

	"walstats/cshim"
	"walstats/parser"
)

// options are what the named parameters of a table say.
type options struct {
	ignoreErrors  bool
	filename      bool
	byteOffset    bool
	perRecord     bool
	zone          *parser.Zone
	maxRecordSize int64 // bytes
}

const defaultMaxRecordSize = 64 << 20

// An option is a named parameter.
type option struct {
	name string
	kind cshim.Type
	set  func(o *options, v cshim.Value) error
}

var (
	ignoreErrorsOption = option{"ignore_errors", boolean, func(o *options, v cshim.Value) error {
		o.ignoreErrors = v.Bool()
		return nil
	}}
	filenameOption = option{"filename", boolean, func(o *options, v cshim.Value) error {
		o.filename = v.Bool()
		return nil
	}}
	byteOffsetOption = option{"byte_offset", boolean, func(o *options, v cshim.Value) error {
		o.byteOffset = v.Bool()
		return nil
	}}
	perRecordOption = option{"per_record", boolean, func(o *options, v cshim.Value) error {
		o.perRecord = v.Bool()
		return nil
	}}
	timezoneOption = option{"timezone", varchar, func(o *options, v cshim.Value) (err error) {
		if o.zone, err = parser.NewZone(v.Varchar()); err != nil {
			return fmt.Errorf("%w; give an IANA name such as 'Europe/Berlin', or 'none'", err)
		}
		return nil
	}}
	maxRecordSizeOption = option{"max_record_size", ubigint, func(o *options, v cshim.Value) error {
		size := v.Uint64()
		if size == 0 || size > math.MaxUint32/4 {
			return fmt.Errorf("%d is out of range; give 1 to %d bytes", size, math.MaxUint32/4)
		}
		o.maxRecordSize = int64(size)
		return nil
	}}
)

// extraColumns are the columns that the options add, in their order.
func (o *options) extraColumns() (names []string) {
	if o.filename {
		names = append(names, filenameOption.name)
	}
	if o.byteOffset {
		names = append(names, byteOffsetOption.name)
	}
	return names
}

func bindOptions(b *cshim.Bind, known []option) (options, error) {
	o := options{maxRecordSize: defaultMaxRecordSize}
	for _, option := range known {
		v, given := b.Named(option.name)
		if !given {
			continue
		}
		if v.IsNull() {
			return o, fmt.Errorf("%s is NULL; give a value or leave it out", option.name)
		}
		if err := option.set(&o, v); err != nil {
			return o, fmt.Errorf("%s: %w", option.name, err)
		}
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
