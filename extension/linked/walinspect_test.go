package linked_test

import (
	"testing"
)

// pg_walinspect prints what pg_waldump does, with the same functions of PostgreSQL,
// but for this: a custom manager has the name it registered, and times are those of
// the server, ISO with a numeric offset and without trailing zeros.
const macros = `
CREATE MACRO lsn_number(t) AS ('0x' || split_part(t, '/', 1))::UBIGINT << 32 | ('0x' || split_part(t, '/', 2))::UBIGINT;
CREATE MACRO is_builtin(manager) AS manager IN (
	'XLOG', 'Transaction', 'Storage', 'CLOG', 'Database', 'Tablespace', 'MultiXact', 'RelMap', 'Standby', 'Heap2', 'Heap',
	'Btree', 'Hash', 'Gin', 'Gist', 'Sequence', 'SPGist', 'BRIN', 'CommitTs', 'ReplicationOrigin', 'Generic', 'LogicalMessage');
CREATE MACRO builtin(manager, text) AS CASE WHEN is_builtin(manager) THEN text END;
CREATE MACRO server_times(manager, description) AS CASE WHEN manager NOT IN ('XLOG', 'Transaction') THEN description ELSE
	regexp_replace(regexp_replace(description,
		'(\d\d:\d\d:\d\d)\.000000 UTC', '\1+00', 'g'),
		'(\d\d:\d\d:\d\d\.\d*[1-9])0* UTC', '\1+00', 'g') END;
-- Between block references pg_walinspect has one blank, and one before the first unless that is block 0.
CREATE MACRO inspected(block_ref) AS replace(block_ref, ', blkref #', ' blkref #');
-- The short form of what --bkp-details prints.
CREATE MACRO short(block_ref) AS regexp_replace(regexp_replace(block_ref,
	' fork main', '', 'g'),
	' \((FPW|FPW for WAL verification)\); hole: offset: \d+, length: \d+(, compression saved: \d+(, method: \w+)?)?', ' \1', 'g');
`

func inspect(t *testing.T, c corpus, kind string) session {
	t.Helper()
	s := open(t)
	s.exec(macros)
	header, rows := csv(t, c.text(t, kind))
	s.table(kind, header, rows)
	return s
}

// The rows of read_waldump are those of pg_get_wal_records_info over the same
// range.
func TestRecordsAreThoseOfPgWalinspect(t *testing.T) {
	each(t, func(t *testing.T, c corpus) {
		begin := func(t *testing.T) session { return inspect(t, c, "records") }
		inEveryMode(t, begin, func(s session, m mode) {
			for _, test := range []struct{ kind, got, want string }{
				{"bkp", "inspected(block_ref)", "ltrim(block_ref)"},
				{"default", "inspected(block_ref)", "short(ltrim(block_ref))"},
			} {
				from := m.from(s, c, test.kind, "read_waldump")
				// 15 has '' where 16 and later have NULL.
				s.same(`SELECT start_lsn::UBIGINT, prev_lsn::UBIGINT, xid, builtin(resource_manager, resource_manager), builtin(resource_manager, record_type),
						record_length, fpi_length, builtin(resource_manager, server_times(resource_manager, description)), coalesce(`+test.got+`, '')
					FROM `+from,
					`SELECT lsn_number(start_lsn), lsn_number(prev_lsn), xid::UINTEGER, builtin(resource_manager, resource_manager), builtin(resource_manager, record_type),
						record_length::UINTEGER, fpi_length::UINTEGER, builtin(resource_manager, coalesce(description, '')), coalesce(`+test.want+`, '')
					FROM records`)
				s.same(`SELECT start_lsn, prev_lsn FROM `+from, `SELECT start_lsn::pg_lsn, prev_lsn::pg_lsn FROM records`)
			}
		})
	}, "records", "default", "bkp")
}

// The rows of read_waldump_blocks are those of pg_get_wal_block_info over the same
// range.
func TestBlocksAreThoseOfPgWalinspect(t *testing.T) {
	each(t, func(t *testing.T, c corpus) {
		const common = `start_lsn::UBIGINT, prev_lsn::UBIGINT, block_id, reltablespace, reldatabase, relfilenode, relfork, relblocknumber, xid,
			builtin(resource_manager, resource_manager), builtin(resource_manager, record_type), record_length, fpi, block_fpi_length,
			builtin(resource_manager, server_times(resource_manager, description))`
		const want = `lsn_number(start_lsn), lsn_number(prev_lsn), block_id::UTINYINT, reltablespace::UINTEGER, reldatabase::UINTEGER, relfilenode::UINTEGER,
			['main', 'fsm', 'vm', 'init'][relforknumber::INTEGER + 1], relblocknumber::UINTEGER, xid::UINTEGER,
			builtin(resource_manager, resource_manager), builtin(resource_manager, record_type), record_length::UINTEGER,
			CASE WHEN block_fpi_info LIKE '%APPLY%' THEN 'apply' WHEN block_fpi_info IS NOT NULL THEN 'verify' END,
			block_fpi_length::UINTEGER, builtin(resource_manager, coalesce(description, ''))`
		begin := func(t *testing.T) session { return inspect(t, c, "blocks") }
		inEveryMode(t, begin, func(s session, m mode) {
			s.same(`SELECT `+common+`, hole_length > 0, upper(compression_method), compression_saved IS NOT NULL, hole_offset IS NOT NULL, 8192 - hole_length - coalesce(compression_saved, 0)
				FROM `+m.from(s, c, "bkp", "read_waldump_blocks"),
				`SELECT `+want+`, block_fpi_info LIKE '%HAS_HOLE%',
					nullif(regexp_extract(block_fpi_info, 'COMPRESS_(\w+)', 1), ''), coalesce(block_fpi_info LIKE '%COMPRESS_%', false),
					block_fpi_info IS NOT NULL, CASE WHEN block_fpi_info IS NOT NULL THEN block_fpi_length::BIGINT END
				FROM blocks`)

			// Without -b an image's length is known where the record has no other, and of hole and compression nothing.
			s.same(`SELECT `+common+`, hole_offset, hole_length, compression_saved, compression_method FROM `+m.from(s, c, "default", "read_waldump_blocks"),
				`SELECT * EXCLUDE (images) REPLACE (CASE WHEN images > 1 AND length > 0 THEN NULL ELSE length END AS length) FROM (
					SELECT `+want+`, NULL::UINTEGER, NULL::UINTEGER, NULL::UINTEGER, NULL::VARCHAR, count(block_fpi_info) OVER (PARTITION BY start_lsn) AS images
					FROM blocks) AS t(a, b, c, d, e, f, g, h, i, j, k, l, m, length, n, o, p, q, r, images)`)
		})
	}, "blocks", "default", "bkp")
}

// block_refs takes pg_walinspect's own texts, too: with a blank between the block
// references.
func TestBlockRefsOfPgWalinspectsTexts(t *testing.T) {
	each(t, func(t *testing.T, c corpus) {
		s := inspect(t, c, "records")
		s.same(`SELECT lsn, r.* FROM (SELECT lsn_number(start_lsn) AS lsn, unnest(block_refs(block_ref)) AS r FROM records)`,
			blockRefRows("read_waldump_blocks("+quote(c.path(t, "bkp"))+")"))
	}, "records", "bkp")
}

// blockRefRows has the fields of block_refs.
func blockRefRows(from string) string {
	return `SELECT start_lsn::UBIGINT, block_id, reltablespace, reldatabase, relfilenode, relfork, relblocknumber, fpi,
		hole_offset, hole_length, compression_saved, compression_method FROM ` + from
}

// The three ways to the block references of a dump agree: read_waldump_blocks,
// block_refs of every block_ref, and of the first one the columns of read_waldump.
func TestBlockRefsAreTheRowsOfReadWaldumpBlocks(t *testing.T) {
	each(t, func(t *testing.T, c corpus) {
		s := open(t)
		for _, kind := range []string{"default", "bkp"} {
			if !c.has(kind) {
				continue
			}
			path := quote(c.path(t, kind))
			s.same(`SELECT lsn, r.* FROM (SELECT start_lsn::UBIGINT AS lsn, unnest(block_refs(block_ref)) AS r FROM read_waldump(`+path+`))`,
				blockRefRows("read_waldump_blocks("+path+")"))
			s.same(`SELECT reltablespace, reldatabase, relfilenode, relfork, relblocknumber FROM read_waldump(`+path+`)`,
				`SELECT r.reltablespace, r.reldatabase, r.relfilenode, r.relfork, r.relblocknumber
				FROM (SELECT block_refs(block_ref)[1] AS r FROM read_waldump(`+path+`))`)
		}
	}, "default")
}
