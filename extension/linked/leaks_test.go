package linked_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"walstats/test/leaks"
)

// Queries that end early, fail or are cancelled leave no file open, no goroutine
// running, and the session as it was.
func TestNothingLeaks(t *testing.T) {
	each(t, func(t *testing.T, c corpus) {
		s := open(t)
		text := c.text(t, "bkp")
		broken := write(t, string(text)+"broken\n"+string(text))
		paths := []string{c.path(t, "bkp"), c.path(t, "default")}
		for _, pack := range packers {
			paths = append(paths, write(t, string(pack(t, text))))
		}
		// One folder is compressed, the other is not.
		segments := []string{"../../wal/testdata/18/wal", decompressed(t, "../../wal/testdata/18/wal")}
		var quoted []string
		for range 100 { // for who wants to be cancelled
			for _, path := range paths {
				quoted = append(quoted, quote(path))
			}
		}
		long := "[" + strings.Join(quoted, ", ") + "]"

		round := func(threads int) {
			for _, path := range append(paths, broken) {
				for _, query := range []string{
					"FROM read_waldump(%s) LIMIT 1",
					"SELECT description FROM read_waldump(%s) LIMIT 3000",
					"SELECT EXISTS (FROM read_waldump_blocks(%s))",
					"SELECT count(*) FROM read_waldump(%s)",
					"FROM waldump_stats(%s, per_record := true)",
					"SELECT count(DISTINCT kind) FROM read_waldump_rejects(%s)",
					"EXPLAIN FROM read_waldump(%s)",
					"DESCRIBE FROM read_waldump(%s)",
					"SELECT xid / (xid - xid), error('stop') FROM read_waldump(%s)",
				} {
					s.try(query, path) // some fail, which is right
				}
			}
			for _, query := range []string{
				"FROM read_wal(%s) LIMIT 1",
				"SELECT max(description), error('stop') FROM read_wal(%s)",
				"SELECT block_fpi_data FROM read_wal_blocks(%s, data := true) LIMIT 3",
				"FROM wal_segments(%s)",
				"FROM read_wal_rejects(%s) LIMIT 0",
				"EXPLAIN FROM read_wal(%s)",
			} {
				for _, folder := range segments {
					s.try(query, folder)
				}
			}
			s.try("FROM read_waldump(['" + paths[0] + "', '/no/such/file'])")
			// Rows that are not fetched.
			rows, err := s.QueryContext(context.Background(), "FROM read_waldump(["+strings.Join(quoted[:10], ", ")+"])")
			if err != nil {
				t.Fatal(err)
			}
			rows.Next()
			rows.Close()
			for _, query := range []string{
				"SELECT count(*), max(description) FROM read_waldump(" + long + ")",
				"CREATE OR REPLACE TABLE copied AS FROM read_waldump_blocks(" + long + ")",
				"SELECT max(combined_size) FROM waldump_stats(" + long + ")",
			} {
				for _, wait := range []time.Duration{time.Millisecond, 20 * time.Millisecond}[:threads] {
					ctx, cancel := context.WithTimeout(context.Background(), wait)
					begin := time.Now()
					_, err := s.ExecContext(ctx, query)
					cancel()
					if err == nil && wait == time.Millisecond {
						t.Errorf("%s: done within %v, too early to be cancelled", query[:60], wait)
					} else if err != nil && !errors.Is(err, context.DeadlineExceeded) && !strings.Contains(err.Error(), "INTERRUPT") {
						t.Errorf("%s: cancelled, but: %v", query[:60], err)
					}
					if took := time.Since(begin); took > time.Minute { // no measurement: it hangs
						t.Errorf("%s: cancelled after %v, it took %v", query[:60], wait, took)
					}
				}
			}
		}
		s.both(round)
		runtime.GC()
		files, goroutines := leaks.Descriptors(t), runtime.NumGoroutine()
		s.both(round)
		s.both(round)
		for range 100 { // what was cancelled may still be ending
			if leaks.Descriptors(t) <= files && runtime.NumGoroutine() <= goroutines {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		if n := leaks.Descriptors(t); n > files {
			t.Errorf("%d files are open, %d were before", n, files)
		}
		if n := runtime.NumGoroutine(); n > goroutines {
			stacks := make([]byte, 1<<20)
			t.Errorf("%d goroutines, %d before\n%s", n, goroutines, stacks[:runtime.Stack(stacks, true)])
		}
		if n := s.value("SELECT count(*) FROM read_waldump(%s)", paths[0]); n == 0 {
			t.Error("no rows")
		}
	}, "records", "bkp", "default")
}
