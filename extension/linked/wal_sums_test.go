package linked_test

import (
	"fmt"
	"strings"
	"testing"
)

// The rows of read_wal_sums add up to those of read_wal, however they are cut.
func TestWALSums(t *testing.T) {
	folded := false
	eachCluster(t, func(s session, c cluster) {
		s.exec("CREATE OR REPLACE TABLE wal AS FROM " + c.call("read_wal", ""))
		for _, steps := range []int{1, 1 << 20} {
			s.exec("CREATE OR REPLACE TABLE sums AS FROM " + c.call("read_wal_sums", fmt.Sprint(", names := true, changes := true, sample := 20, steps := ", steps)))
			const sums = "sum(records)::BIGINT, sum(record_length)::BIGINT, sum(fpi_length)::BIGINT"
			s.same("SELECT resource_manager, record_type, reltablespace, reldatabase, relfilenode, "+sums+", sum(images)::BIGINT, min(start_lsn), max(last_lsn) FROM sums WHERE kind = 'sum' GROUP BY ALL",
				`SELECT resource_manager, record_type, reltablespace, reldatabase, relfilenode, count(*), sum(record_length)::BIGINT, sum(fpi_length)::BIGINT,
					sum(coalesce(len(regexp_extract_all(block_ref, ' FPW')), 0))::BIGINT, min(start_lsn), max(start_lsn) FROM wal GROUP BY ALL`)
			// Short transactions are in rows of several.
			const whole = "SELECT any_value(record_type), sum(transactions)::BIGINT, " + sums + " FROM sums WHERE kind = 'transactions'"
			s.exec("CREATE OR REPLACE TABLE short AS SELECT xid, count(*) AS records, sum(record_length)::BIGINT AS record_length, sum(fpi_length)::BIGINT AS fpi_length, 1 AS transactions, max(record_type) FILTER (record_type = 'COMMIT') AS record_type FROM wal WHERE xid <> 0 AND xid NOT IN (SELECT xid FROM sums WHERE kind = 'transaction') GROUP BY xid")
			s.same(whole, strings.Replace(whole, "sums WHERE kind = 'transactions'", "short", 1))
			folded = folded || s.rows("SELECT count(*) FROM short")[0] != "0"
			if got := s.rows("SELECT count(*) FROM short WHERE record_type IS NULL OR records >= 100")[0]; got != "0" {
				s.Errorf("%s transactions that are not short have no row", got)
			}
			s.same("SELECT xid, "+sums+", min(start_lsn), max(last_lsn), max(record_type), max(xact_time) FROM sums WHERE kind = 'transaction' GROUP BY xid",
				`SELECT xid, count(*), sum(record_length)::BIGINT, sum(fpi_length)::BIGINT, min(start_lsn), max(start_lsn),
					max(CASE WHEN record_type IN ('COMMIT', 'ABORT') THEN record_type END), max(CASE WHEN record_type IN ('COMMIT', 'ABORT') THEN xact_time END) FROM wal WHERE xid <> 0 AND xid NOT IN (SELECT xid FROM short) GROUP BY xid`)
			const page = "start_lsn, record_type, reltablespace, reldatabase, relfilenode, relfork, relblocknumber"
			s.same("SELECT kind, "+page+", fpi_length FROM sums WHERE kind IN ('image', 'init')",
				"SELECT 'image', "+page+", block_fpi_length FROM "+c.call("read_wal_blocks", "")+` WHERE fpi IS NOT NULL
					UNION ALL SELECT 'init', `+page+", 0 FROM wal WHERE contains(record_type, '+INIT') AND fpi_length = 0")
			// A transaction with a row of its own tells what it changed.
			const change = "xid, resource_manager, record_type, reltablespace, reldatabase, relfilenode"
			s.same("SELECT "+change+", "+sums+", min(start_lsn), max(last_lsn) FROM sums WHERE kind = 'change' GROUP BY ALL",
				"SELECT "+change+", count(*), sum(record_length)::BIGINT, sum(fpi_length)::BIGINT, min(start_lsn), max(start_lsn) FROM wal WHERE xid IN (SELECT xid FROM sums WHERE kind = 'transaction') GROUP BY ALL")
			// The end of the input tells what functions tell that read it for themselves.
			s.same("SELECT reltablespace, reldatabase, relfilenode, oid, database, schema, name, relation_kind, table_schema, table_name FROM sums WHERE kind = 'relation'",
				"FROM "+c.call("read_wal_relations", ""))
			s.same("SELECT method, images, compressed_images, sampled_images, record_length, fpi_length, saved_bytes, error_bytes FROM sums WHERE kind = 'compression'",
				"SELECT * EXCLUDE (share) FROM "+c.call("wal_compression", ", sample := 20")+" WHERE fpi_length * 100 >= record_length")
			// What tells more than its sums is a row of its own. Of ends of transactions that are their
			// time only, some are left out.
			const columns = "start_lsn, xid, resource_manager, record_type, record_length, fpi_length, description, xact_time, reltablespace, reldatabase, relfilenode, relfork, relblocknumber"
			s.same("SELECT "+columns+" FROM sums WHERE kind = 'record' AND NOT (record_type IN ('COMMIT', 'ABORT') AND strlen(description) <= 32)",
				"SELECT "+columns+` FROM wal WHERE (resource_manager IN ('Transaction', 'Storage', 'Database', 'Tablespace') OR resource_manager = 'XLOG' AND record_type NOT LIKE 'FPI%'
					OR resource_manager = 'Heap' AND record_type = 'INPLACE' AND reldatabase = 0) AND NOT (record_type IN ('COMMIT', 'ABORT') AND strlen(description) <= 32)`)
			if got := s.rows("SELECT count(*) FROM sums WHERE start_lsn IS NULL OR kind <> 'compression' AND method IS NOT NULL OR kind <> 'relation' AND (oid IS NOT NULL OR name IS NOT NULL)")[0]; got != "0" {
				s.Errorf("%s rows have columns of another kind", got)
			}
			if got := s.rows("SELECT count(*) FROM sums WHERE kind = 'record' AND start_lsn NOT IN (SELECT start_lsn FROM wal)")[0]; got != "0" {
				s.Errorf("%s rows of records that are not there", got)
			}
		}
	})
	if !folded {
		t.Error("no transaction was short")
	}
}
