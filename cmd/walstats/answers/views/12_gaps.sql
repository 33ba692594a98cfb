-- wal_gaps: where records are missing. prev_lsn must be the start of another record of
-- the table, but for the first of all. last_lsn is the last record before the gap,
-- missing_lsn the one that prev_lsn names, next_lsn the first after it, in filename
-- (where the table has that column); bytes is the WAL from last_lsn to next_lsn. A dump
-- made with a filter (pg_waldump --rmgr, --xid, --relation) has a gap nearly everywhere.
-- In a MiB of WAL without a gap every prev_lsn but the first is a start_lsn, and every
-- start_lsn but the last a prev_lsn: then the sums of their hashes differ by just these
-- two (or a multiple, where a dump was read twice). Only where they do not are records
-- sorted: 0.1 s instead of 1 s for 5.8 million.
CREATE OR REPLACE VIEW wal_gaps AS
WITH files AS (
    FROM wal UNION ALL BY NAME SELECT NULL::VARCHAR AS filename WHERE false),
pieces AS (
    SELECT lsn(start_lsn) >> 20 AS piece, max(lsn(start_lsn)) AS last_lsn, min(lsn(prev_lsn)) AS first_prev,
        sum(hash(lsn(start_lsn))) - sum(hash(lsn(prev_lsn))) AS difference
    FROM wal GROUP BY piece),
linked AS (
    SELECT *, lag(last_lsn) OVER (ORDER BY piece) AS link_lsn FROM pieces),
broken AS (
    SELECT piece, link_lsn FROM linked
    WHERE first_prev IS DISTINCT FROM link_lsn OR difference % (hash(last_lsn)::HUGEINT - hash(first_prev)::HUGEINT) <> 0),
records AS (
    SELECT lsn(start_lsn) AS next_lsn, lsn(prev_lsn) AS missing_lsn, filename FROM files
    WHERE lsn(start_lsn) >> 20 IN (SELECT piece FROM broken)
    UNION ALL
    SELECT link_lsn, NULL, NULL FROM broken WHERE link_lsn IS NOT NULL),
sorted AS (
    SELECT *, lag(next_lsn) OVER (ORDER BY next_lsn) AS last_lsn FROM (SELECT next_lsn, max(missing_lsn) AS missing_lsn, min(filename) AS filename FROM records GROUP BY next_lsn)),
missing AS (
    SELECT * FROM sorted WHERE missing_lsn <> last_lsn),
found AS ( -- of another timeline
    SELECT lsn(start_lsn) AS lsn FROM wal WHERE lsn(start_lsn) IN (SELECT missing_lsn FROM missing))
SELECT last_lsn, missing_lsn, next_lsn, next_lsn - last_lsn AS bytes, filename
FROM missing WHERE missing_lsn NOT IN (FROM found) ORDER BY next_lsn;

-- wal_summary: one row about all of it.
CREATE OR REPLACE VIEW wal_summary AS
SELECT count(*) AS records, sum(record_length)::BIGINT AS bytes, sum(fpi_length)::BIGINT AS fpi_bytes,
    sum(_wal_images(fpi_length, block_ref))::BIGINT AS images,
    min(lsn(start_lsn)) AS first_lsn, max(lsn(start_lsn)) AS last_lsn,
    min(xact_time) AS first_time, max(xact_time) AS last_time,
    count(*) FILTER (resource_manager = 'Transaction' AND record_type ILIKE 'commit%') AS commits,
    count(*) FILTER (resource_manager = 'Transaction' AND record_type ILIKE 'abort%') AS aborts
FROM wal;

COMMENT ON VIEW wal_gaps IS 'Where records are missing';
COMMENT ON VIEW wal_summary IS 'One row about all of the WAL';
