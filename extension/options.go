package extension

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync/atomic"
	"time"

	"walstats/cshim"
	"walstats/extension/source"
	"walstats/parser"
	"walstats/record"
	"walstats/rmgr"
)

// options has the values of the named parameters of a table.
type options struct {
	ignoreErrors  bool
	filename      bool
	byteOffset    bool
	perRecord     bool
	zone          *parser.Zone
	maxRecordSize int64  // bytes
	compression   string // auto, none, or the name of one
	byteRange     *byteRange
	threads       int // that may parse, readers included

	// Of WAL only.
	startLSN, endLSN uint64 // 0 is open
	timeline         uint32 // 0 is the newest
	location         *time.Location
	skipChecksums    bool
	managers         *[256]bool // nil is all
	fullPage         bool       // only records with an image
	data             bool       // of block references
	steps            int        // of time that sums tell apart
	sample           int        // images that are compressed; 0 is not given
	names            bool       // of relations
	changes          bool       // of transactions
	xids             bool       // readers tell which xids are new; not a parameter
}

// MaxMaxRecordSize is the largest max_record_size.
const MaxMaxRecordSize = math.MaxUint32 / 4

const (
	maxThreads = 1024
	maxSteps   = 1 << 20
)

var defaultMaxRecordSize atomic.Int64

func init() { defaultMaxRecordSize.Store(256 << 20) }

// SetDefaultMaxRecordSize sets the max_record_size of calls that give none, 1 to
// [MaxMaxRecordSize] bytes, for all functions linked into this program.
func SetDefaultMaxRecordSize(size int64) {
	defaultMaxRecordSize.Store(min(max(size, 1), MaxMaxRecordSize))
}

// An option is a named parameter.
type option struct {
	name string
	kind cshim.Type
	set  func(o *options, v cshim.Value) error
}

// boolOption returns a parameter that sets a field.
func boolOption(name string, field func(o *options) *bool) option {
	return option{name, boolean, func(o *options, v cshim.Value) error {
		*field(o) = v.Bool()
		return nil
	}}
}

var (
	ignoreErrorsOption = boolOption("ignore_errors", func(o *options) *bool { return &o.ignoreErrors })
	filenameOption     = boolOption("filename", func(o *options) *bool { return &o.filename })
	byteOffsetOption   = boolOption("byte_offset", func(o *options) *bool { return &o.byteOffset })
	perRecordOption    = boolOption("per_record", func(o *options) *bool { return &o.perRecord })
	timezoneOption     = option{"timezone", varchar, func(o *options, v cshim.Value) (err error) {
		if o.zone, err = parser.NewZone(v.Varchar()); err != nil {
			return fmt.Errorf("%w; give an IANA name such as 'Europe/Berlin', or 'none'", err)
		}
		return nil
	}}
	compressionOption = option{"compression", varchar, func(o *options, v cshim.Value) error {
		o.compression = v.Varchar()
		return source.CheckCompression(o.compression)
	}}
	byteRangeOption = option{"byte_range", cshim.ListOf(ubigint), func(o *options, v cshim.Value) error {
		list := v.List()
		if len(list) != 2 || list[0].IsNull() || list[1].IsNull() || list[0].Uint64() > list[1].Uint64() {
			return errors.New("must be [begin, end] with begin <= end")
		}
		o.byteRange = &byteRange{min(list[0].Uint64(), math.MaxInt64), min(list[1].Uint64(), math.MaxInt64)}
		return nil
	}}
	threadsOption = option{"threads", ubigint, func(o *options, v cshim.Value) error {
		if o.threads = int(min(v.Uint64(), maxThreads)); o.threads == 0 {
			return errors.New("must be at least 1")
		}
		return nil
	}}
	startLSNOption = option{"start_lsn", cshim.Type{ID: cshim.Any}, func(o *options, v cshim.Value) (err error) {
		o.startLSN, err = lsnOf(v)
		return err
	}}
	endLSNOption = option{"end_lsn", cshim.Type{ID: cshim.Any}, func(o *options, v cshim.Value) (err error) {
		o.endLSN, err = lsnOf(v)
		return err
	}}
	timelineOption = option{"timeline", uinteger, func(o *options, v cshim.Value) error {
		if o.timeline = uint32(v.Uint64()); o.timeline == 0 {
			return errors.New("must be at least 1")
		}
		return nil
	}}
	walTimezoneOption = option{"timezone", varchar, func(o *options, v cshim.Value) error {
		zone, err := parser.NewZone(v.Varchar())
		if err == nil && zone.Location() == nil {
			err = fmt.Errorf("%.80q is no time zone", v.Varchar())
		}
		if err != nil {
			return fmt.Errorf("%w; give an IANA name such as 'Europe/Berlin'", err)
		}
		o.location = zone.Location()
		return nil
	}}
	verifyChecksumsOption = option{"verify_checksums", boolean, func(o *options, v cshim.Value) error {
		o.skipChecksums = !v.Bool()
		return nil
	}}
	rmgrOption = option{"rmgr", cshim.ListOf(varchar), func(o *options, v cshim.Value) error {
		o.managers = new([256]bool)
		for _, name := range v.List() {
			id, ok := rmgr.ByName(name.Varchar())
			if !ok {
				return fmt.Errorf("resource manager %.80q does not exist", name.Varchar())
			}
			o.managers[id] = true
		}
		return nil
	}}
	fullPageOption = boolOption("fullpage", func(o *options) *bool { return &o.fullPage })
	stepsOption    = option{"steps", ubigint, func(o *options, v cshim.Value) error {
		if o.steps = int(min(v.Uint64(), maxSteps)); o.steps == 0 {
			return errors.New("must be at least 1")
		}
		return nil
	}}
	sampleOption = option{"sample", ubigint, func(o *options, v cshim.Value) error {
		if o.sample = int(min(v.Uint64(), math.MaxInt64)); o.sample == 0 {
			return errors.New("must be at least 1")
		}
		return nil
	}}
	namesOption         = boolOption("names", func(o *options) *bool { return &o.names })
	changesOption       = boolOption("changes", func(o *options) *bool { return &o.changes })
	dataOption          = boolOption("data", func(o *options) *bool { return &o.data })
	maxRecordSizeOption = option{"max_record_size", ubigint, func(o *options, v cshim.Value) error {
		size := v.Uint64()
		if size == 0 || size > MaxMaxRecordSize {
			return fmt.Errorf("must be 1 to %d bytes, not %d", MaxMaxRecordSize, size)
		}
		o.maxRecordSize = int64(size)
		return nil
	}}
)

// parameters returns the options as DuckDB takes them.
func parameters(known []option) []cshim.Field {
	fields := make([]cshim.Field, len(known))
	for i, o := range known {
		fields[i] = cshim.Field{Name: o.name, Type: o.kind}
	}
	return fields
}

// extraColumns returns the columns that the options add, in their order.
func (o *options) extraColumns() (names []string) {
	if o.data {
		names = append(names, dataOption.name)
	}
	if o.filename {
		names = append(names, filenameOption.name)
	}
	if o.byteOffset {
		names = append(names, byteOffsetOption.name)
	}
	return names
}

// defaultOptions returns the options of a call without any, for a DuckDB that does not
// tell how many threads it has.
func defaultOptions() options {
	return options{maxRecordSize: defaultMaxRecordSize.Load(), compression: "auto", threads: runtime.GOMAXPROCS(0), steps: 120}
}

func bindOptions(b *cshim.Bind, h host, known []option) (options, error) {
	o := defaultOptions()
	if h != nil {
		if n := h.threads(); n > 0 {
			o.threads = int(min(n, maxThreads))
		}
	}
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
	if o.endLSN != 0 && o.endLSN <= o.startLSN {
		return o, fmt.Errorf("end_lsn must be after start_lsn; they are %v and %v", record.LSN(o.endLSN), record.LSN(o.startLSN))
	}
	return o, nil
}

// lsnOf returns an LSN that is given as text, or as a pg_lsn, which DuckDB hands on as
// a number.
func lsnOf(v cshim.Value) (uint64, error) {
	switch v.Type() {
	case cshim.Varchar:
		lsn, err := record.ParseLSN([]byte(v.Varchar()))
		if err != nil {
			return 0, fmt.Errorf("%w, found %.80q", err, v.Varchar())
		}
		return uint64(lsn), nil
	case cshim.UBigInt:
		return v.Uint64(), nil
	}
	return 0, errors.New("must be an LSN like '0/1953528'")
}
