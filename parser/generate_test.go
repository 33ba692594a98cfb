package parser

import (
	"math/rand"
	"os"
	"strconv"
	"testing"
	"time"
)

// seeded is a source of chance. The test prints its seed where it fails; with
// SEED=number in the environment it is that one again.
func seeded(t testing.TB) *rand.Rand {
	t.Helper()
	seed := time.Now().UnixNano()
	if s := os.Getenv("SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseInt(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("SEED=%d", seed)
		}
	})
	return rand.New(rand.NewSource(seed))
}
