//go:build linux

package answers_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"walstats/test/postgres"
)

// What half as many checkpoints would have saved is what the same work really writes less
// with half as many.
func TestWhatIfCheckpoints(t *testing.T) {
	ctx := context.Background()
	const rounds = 8
	// bytes does the work with a checkpoint in so many rounds, and returns all bytes, those of
	// images, and what the simulation says of every second checkpoint.
	bytes := func(every int) (all, images, saved float64) {
		server := postgres.Start(t, "max_wal_size=1GB\nwal_keep_size=1GB\n")
		server.SQL("postgres", `CREATE TABLE accounts (id int PRIMARY KEY, n int, filler text) WITH (fillfactor = 80);
			INSERT INTO accounts SELECT i, 0, repeat('x', 80) FROM generate_series(1, 60000) i; CREATE TABLE history (id int, n int); VACUUM accounts; CHECKPOINT`)
		start := server.LSN()
		var work strings.Builder
		for round := range rounds {
			if round%every == 0 {
				work.WriteString("CHECKPOINT;")
			}
			fmt.Fprintf(&work, `UPDATE accounts SET n = n + 1 WHERE id %% 97 IN (%d, %d) AND id %% 3 = %d; INSERT INTO history SELECT i, %d FROM generate_series(1, 300) i;`,
				round, round*7%97, round%3, round)
		}
		server.SQL("postgres", work.String())
		db := ofServer(t, server, between(start, server.LSN()))
		if err := db.QueryRowContext(ctx, `SELECT sum(record_length), sum(fpi_length), (SELECT saved_bytes + hint_bytes FROM wal_what_if_checkpoints WHERE times = 2) FROM wal`).Scan(&all, &images, &saved); err != nil {
			t.Fatal(err)
		}
		server.Crash()
		return all, images, saved
	}
	all, images, saved := bytes(1)
	really, fewer, _ := bytes(2)
	t.Logf("%.0f bytes, %.0f of images; simulated %.0f less; with half as many checkpoints %.0f and %.0f", all, images, saved, really, fewer)
	if saved < .1*all {
		t.Errorf("only %.0f of %.0f bytes are saved", saved, all)
	}
	if difference := math.Abs(saved-(all-really)) / (all - really); difference > .05 {
		t.Errorf("simulated %.0f bytes less, really %.0f: %.1f %% off", saved, all-really, 100*difference)
	}
}
