//go:build linux

package answers_test

import (
	"fmt"
	"math"
	"strconv"
	"testing"

	"walstats/cmd/walstats/session"
	"walstats/test/postgres"
)

// workOfImages makes full-page images of many kinds: of changes after a checkpoint, of index
// builds, with text of several alphabets, numbers, and what hardly gets shorter.
const workOfImages = `
	CREATE TABLE words (id int, n int, text text) WITH (fillfactor = 90);
	INSERT INTO words SELECT i, 0, repeat(chr(1072 + i % 32) || ' слово ' || i, 1 + i % 9) || ' and ' || i % 7 FROM generate_series(1, 20000) i;
	CREATE TABLE digests (id int, n int, digest bytea);
	INSERT INTO digests SELECT i, 0, decode(md5(i::text) || md5((i * 3)::text), 'hex') FROM generate_series(1, 20000) i;
	CREATE TABLE numbers (id int PRIMARY KEY, a bigint, b float8);
	INSERT INTO numbers SELECT i, i::bigint * i, sqrt(i) FROM generate_series(1, 50000) i;
	CREATE TABLE documents (id int, body text);
	ALTER TABLE documents ALTER body SET STORAGE EXTERNAL;
	INSERT INTO documents SELECT i, (SELECT string_agg(md5((i * k)::text), repeat(' ', i % 5)) || repeat('-', 700 * (i % 2)) FROM generate_series(1, 90) k) FROM generate_series(1, 300) i;
	CHECKPOINT;
	UPDATE words SET n = 1 WHERE id % 50 = 0;
	UPDATE digests SET n = 1 WHERE id % 90 = 0;
	DELETE FROM numbers WHERE id % 180 = 0;
	UPDATE documents SET body = body || '.' WHERE id % 3 = 0;
	CREATE INDEX ON words (text); CREATE INDEX ON digests (digest);
	CHECKPOINT;
	UPDATE words SET n = 2 WHERE id % 70 = 0;
	DELETE FROM documents WHERE id % 5 = 0;`

// What wal_compression would save is what the same work really writes less with it.
func TestWALCompression(t *testing.T) {
	type estimate struct{ saved, mayMiss, images, compressed, sampled float64 }
	// run does the work with a setting, and returns the bytes that the server counted, and what
	// is said of each method: of all images, and of a sample.
	run := func(setting string) (bytes float64, all, sampled map[string]estimate) {
		server := postgres.Start(t, "wal_compression="+setting+"\nmax_wal_size=1GB\nwal_keep_size=1GB\n")
		server.SQL("postgres", "SELECT pg_stat_reset_shared('wal')")
		start := server.LSN()
		server.SQL("postgres", workOfImages)
		end := server.LSN()
		bytes, err := strconv.ParseFloat(server.SQL("postgres", "SELECT wal_bytes FROM pg_stat_wal"), 64)
		if err != nil {
			t.Fatal(err)
		}
		db, err := session.Open(t.Context(), session.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		ask := func(options string) map[string]estimate {
			said := map[string]estimate{}
			rows, err := db.QueryContext(t.Context(), fmt.Sprintf("SELECT method, saved_bytes, error_bytes, images, compressed_images, sampled_images, record_length FROM wal_compression(%s%s%s)",
				session.Quote(server.WAL()), between(start, end), options))
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			for rows.Next() {
				var method string
				var e estimate
				var length float64
				if err := rows.Scan(&method, &e.saved, &e.mayMiss, &e.images, &e.compressed, &e.sampled, &length); err != nil {
					t.Fatal(err)
				}
				if math.Abs(length-bytes) > .001*bytes {
					t.Errorf("%s: %.0f bytes of WAL, pg_stat_wal has %.0f", setting, length, bytes)
				}
				said[method] = e
			}
			if err := rows.Err(); err != nil {
				t.Fatal(err)
			}
			return said
		}
		all, sampled = ask(""), ask(", sample := 500")
		server.Crash()
		return bytes, all, sampled
	}
	off, said, sampled := run("off")
	for _, method := range []string{"pglz", "lz4", "zstd"} {
		bytes, after, _ := run(method)
		really, e, part, still := off-bytes, said[method], sampled[method], after[method]
		t.Logf("%s: %.0f images; said %.0f bytes less (of %.0f images %.0f +- %.0f), really %.0f of %.0f", method, e.images, e.saved, part.sampled, part.saved, part.mayMiss, really, off)
		if e.images < 1500 || e.sampled != e.images || e.mayMiss != 0 || e.compressed != 0 || really < .1*off {
			t.Errorf("%s: %+v, and really %.0f", method, e, really)
		}
		if wrong := math.Abs(e.saved-really) / really; wrong > .03 {
			t.Errorf("%s: %.0f bytes less are said, really %.0f: %.1f %% off", method, e.saved, really, 100*wrong)
		}
		if part.sampled > 500 || part.sampled < 250 || part.mayMiss <= 0 || math.Abs(part.saved-e.saved) > 1.5*part.mayMiss {
			t.Errorf("%s: of a sample %+v, of all %+v", method, part, e)
		}
		// Of images that are compressed already nothing more is saved; pglz is the same to the byte.
		if still.compressed < .5*still.images || method == "pglz" && still.saved != 0 || math.Abs(still.saved) > .03*bytes {
			t.Errorf("%s: of its own WAL %+v", method, still)
		}
	}
}
