-- read_walinspect(path) is the table that read_wal gives, of a CSV or Parquet file with what
-- PostgreSQL's contrib/pg_walinspect prints, for managed servers, whose files cannot be read:
--   \copy (SELECT * FROM pg_get_wal_records_info('0/1500000', '0/1900000')) TO 'wal.csv' CSV HEADER
-- LSNs are numbers. The times in description are in the zone of the session that wrote the file.
CREATE OR REPLACE MACRO read_walinspect(path) AS TABLE
WITH said AS (
    SELECT * REPLACE (coalesce(description::VARCHAR, '') AS description, nullif(block_ref::VARCHAR, '') AS block_ref) FROM query_table('"' || replace(path, '"', '""') || '"')),
-- The text of block references is that of pg_waldump: forks of main are not named, images are FPW.
texts AS (
    SELECT *, regexp_replace(regexp_replace(regexp_replace(ltrim(block_ref), ' \(FPW( for WAL verification)?\)(; hole: offset: \d+, length: \d+(, compression saved: \d+, method: \w+)?)?', ' FPW\1', 'g'),
            ' fork main blk ', ' blk ', 'g'), '(\S) *blkref #', '\1, blkref #', 'g') AS refs,
        regexp_extract(block_ref, 'rel (\d+)/(\d+)/(\d+)(?: fork (\w+))? blk (\d+)', ['space', 'db', 'node', 'fork', 'blk']) AS first
    FROM said)
SELECT lsn(start_lsn) AS start_lsn, lsn(prev_lsn) AS prev_lsn, nullif(xid::VARCHAR, '')::UINTEGER AS xid,
    resource_manager::VARCHAR AS resource_manager, record_type::VARCHAR AS record_type,
    record_length::UINTEGER AS record_length, fpi_length::UINTEGER AS fpi_length, description,
    try_cast(nullif(CASE
        WHEN resource_manager = 'Transaction' AND record_type = 'PREPARE' THEN regexp_extract(description, '^gid .*: (\d{4,}-\d\d-\d\d \d\d:\d\d:\d\d[^;]*)', 1, 's')
        WHEN resource_manager = 'Transaction' THEN regexp_extract(description, '^(?:\d+: )?(\d{4,}-\d\d-\d\d \d\d:\d\d:\d\d[^;]*)', 1)
        WHEN resource_manager = 'XLOG' AND record_type IN ('END_OF_RECOVERY', 'OVERWRITE_CONTRECORD') THEN regexp_extract(description, '; time ([^;]*)', 1)
        END, '') AS TIMESTAMPTZ) AS xact_time,
    try_cast(first.space AS UINTEGER) AS reltablespace, try_cast(first.db AS UINTEGER) AS reldatabase, try_cast(first.node AS UINTEGER) AS relfilenode,
    CASE WHEN first.node <> '' THEN coalesce(nullif(first.fork, ''), 'main') END AS relfork, try_cast(first.blk AS UINTEGER) AS relblocknumber,
    refs AS block_ref, lsn(end_lsn) AS end_lsn, main_data_length::UINTEGER AS main_data_length
FROM texts;
