package dump

import (
	"fmt"
	"strconv"
	"strings"

	"walstats/record"
	"walstats/rmgr"
	"walstats/wal"
)

// Flags has pg_waldump's options as they were typed. An empty text is an option that
// was not given.
type Flags struct {
	Path, Start, End, Timeline string   // -p, -s, -e, -t
	Limit                      string   // -n
	Managers                   []string // -r
	XID, Relation, Block, Fork string   // -x, -R, -B, -F
	FullPage                   bool     // -w
	Details                    bool     // -b
	Stats                      string   // -z: "rmgr" or "record"
	Quiet, Follow              bool     // -q, -f
	SaveFullPage               string   // a folder
	JSON                       bool
	Threads                    int // 0: one for each processor
}

// options has the flags' values.
type options struct {
	*Flags
	start, end wal.LSN // 0: not given
	timeline   uint32  // 0: not given
	limit      int     // 0: none
	perRecord  bool
	filter     filter
}

// listManagers is the value of -r that prints the resource managers.
const listManagers = "list"

// parse reads the flags. An error is in pg_waldump's words.
func (f *Flags) parse() (o *options, err error) {
	o = &options{Flags: f}
	for _, flag := range []struct {
		text  string
		value *wal.LSN
	}{{f.Start, &o.start}, {f.End, &o.end}} {
		if flag.text == "" {
			continue
		}
		if *flag.value, err = record.ParseLSN([]byte(flag.text)); err != nil {
			return nil, usage("invalid WAL location: \"%s\"", flag.text)
		}
	}
	if f.Timeline != "" {
		n, err := strconv.ParseUint(f.Timeline, 0, 32)
		if err != nil || n == 0 {
			return nil, usage("invalid timeline specification: \"%s\"", f.Timeline)
		}
		o.timeline = uint32(n)
	}
	if f.Limit != "" {
		n, err := strconv.ParseInt(f.Limit, 10, 32)
		if err != nil {
			return nil, usage("invalid value \"%s\" for option %s", f.Limit, "-n/--limit")
		}
		o.limit = max(0, int(n))
	}
	switch f.Stats {
	case "", "rmgr":
	case "record":
		o.perRecord = true
	default:
		return nil, usage("unrecognized value for option %s: %s", "--stats", f.Stats)
	}
	if f.Threads < 0 {
		return nil, usage("invalid value \"%d\" for option %s", f.Threads, "--threads")
	}
	return o, o.parseFilter()
}

func (o *options) parseFilter() error {
	f := &o.filter
	for _, name := range o.Managers {
		id, ok := rmgr.ByName(name)
		if !ok {
			if isCustom(name) {
				return usage("custom resource manager \"%s\" does not exist", name)
			}
			return usage("resource manager \"%s\" does not exist", name)
		}
		if f.managers == nil {
			f.managers = new([256]bool)
		}
		f.managers[id] = true
	}
	if o.XID != "" {
		n, err := strconv.ParseUint(o.XID, 10, 32)
		if err != nil {
			return usage("invalid transaction ID specification: \"%s\"", o.XID)
		}
		f.xid, f.hasXID = uint32(n), true
	}
	if o.Relation != "" {
		parts := strings.Split(o.Relation, "/")
		var numbers [3]uint32
		ok := len(parts) == len(numbers)
		for i := 0; ok && i < len(numbers); i++ {
			n, err := strconv.ParseUint(parts[i], 10, 32)
			numbers[i] = uint32(n)
			ok = err == nil && (n != 0 || i == 1) // a shared relation has no database
		}
		if !ok {
			err := usage("invalid relation specification: \"%s\"", o.Relation)
			err.Detail = `Expecting "tablespace OID/database OID/relation filenode".`
			return err
		}
		f.tablespace, f.database, f.relation = numbers[0], numbers[1], numbers[2]
		f.hasRelation = true
	}
	if o.Fork != "" {
		for fork, name := range record.ForkNames {
			if name == o.Fork {
				f.fork, f.hasFork = uint8(fork), true
			}
		}
		if !f.hasFork {
			return usage("invalid fork name: \"%s\"", o.Fork)
		}
	}
	if o.Block != "" {
		n, err := strconv.ParseUint(o.Block, 10, 32)
		if err != nil || n == 1<<32-1 {
			return usage("invalid block number: \"%s\"", o.Block)
		}
		f.block, f.hasBlock = uint32(n), true
		if !f.hasRelation {
			return usage("option %s requires option %s to be specified", "-B/--block", "-R/--relation")
		}
	}
	f.fullPage = o.FullPage
	return nil
}

// isCustom reports whether name has the form of an extension's resource manager.
func isCustom(name string) bool {
	var id int
	n, err := fmt.Sscanf(name, "custom%d", &id)
	return n == 1 && err == nil
}

// checkManagers returns an error if the version has none of the managers by that name.
func (o *options) checkManagers(v rmgr.Version) error {
	for _, name := range o.Managers {
		if id, _ := rmgr.ByName(name); !v.Valid(id) {
			return usage("resource manager \"%s\" does not exist", name)
		}
	}
	return nil
}
