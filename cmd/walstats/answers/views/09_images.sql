-- wal_fpi_by_relation: whose full-page images, and why. hint_bytes: hint bits set with
-- checksums or wal_log_hints on. new_page_bytes: whole pages logged, as index builds and
-- copies do. first_touch_bytes: the rest, a page's first change after a checkpoint.
-- fpi_share is of the relation's own bytes, share of all images. A record counts once,
-- for its first block (the images of one record are of one relation, in practice).
CREATE OR REPLACE VIEW wal_fpi_by_relation AS
SELECT reltablespace, reldatabase, relfilenode, relation, kind, database, table_name, partition_of,
    sum(images)::BIGINT AS images, sum(fpi_bytes)::BIGINT AS fpi_bytes,
    coalesce(sum(fpi_bytes) FILTER (record_type = 'FPI_FOR_HINT'), 0)::BIGINT AS hint_bytes,
    coalesce(sum(fpi_bytes) FILTER (resource_manager = 'XLOG' AND record_type = 'FPI'), 0)::BIGINT AS new_page_bytes,
    sum(fpi_bytes)::BIGINT - hint_bytes - new_page_bytes AS first_touch_bytes,
    sum(bytes)::BIGINT AS bytes, sum(fpi_bytes) / sum(bytes) AS fpi_share,
    sum(fpi_bytes) / sum(sum(fpi_bytes)) OVER () AS share
FROM wal_by_relation_and_type GROUP BY ALL HAVING sum(fpi_bytes) > 0 ORDER BY fpi_bytes DESC;

-- _wal_redos: where checkpoints began.
CREATE OR REPLACE VIEW _wal_redos AS
SELECT redo_lsn FROM wal_checkpoints WHERE redo_lsn IS NOT NULL
UNION
SELECT lsn(start_lsn) FROM wal_events WHERE resource_manager = 'XLOG' AND record_type = 'CHECKPOINT_REDO';

-- _wal_touches: the block references with an image, of so many bytes, or that set up a page again.
CREATE OR REPLACE VIEW _wal_touches AS
SELECT lsn(start_lsn) AS start_lsn, reltablespace, reldatabase, relfilenode, relfork, relblocknumber, record_type, fpi IS NOT NULL AS is_image,
    CASE WHEN fpi IS NULL THEN 0 ELSE coalesce(block_fpi_length, record_length // (count(fpi) OVER (PARTITION BY start_lsn)), 0) END AS bytes
FROM wal_blocks WHERE fpi IS NOT NULL OR contains(record_type, '+INIT');

-- wal_what_if_checkpoints: the full-page images that would not have been written, had only
-- every second, fourth or eighth checkpoint been made, from the first one on (times), or none (times is NULL). An
-- image is needed where a page changes for the first time after a checkpoint that is kept;
-- the later ones of the same page are not. saved_bytes are those of changes, hint_bytes
-- those of hint bits (wal_log_hints, checksums); share is the part of all WAL that both
-- are. Whole new pages are logged all the same. It needs wal_blocks. Of text without
-- --bkp-details, the images of one record count as equally long.
CREATE OR REPLACE VIEW wal_what_if_checkpoints AS
WITH cycles AS (
    SELECT redo_lsn, row_number() OVER (ORDER BY redo_lsn) AS cycle FROM _wal_redos),
placed AS (
    SELECT touches.*, coalesce(cycle, 0) AS cycle FROM _wal_touches touches ASOF LEFT JOIN cycles ON touches.start_lsn >= cycles.redo_lsn),
paired AS (
    SELECT *, lag(cycle) OVER (PARTITION BY relfilenode, relblocknumber, reltablespace, reldatabase, relfork ORDER BY start_lsn) AS cycle_before FROM placed),
counted AS (
    SELECT cycle, cycle_before, record_type = 'FPI_FOR_HINT' AS is_hint, count(*) AS images, sum(bytes) AS bytes
    FROM paired WHERE is_image AND record_type <> 'FPI' GROUP BY ALL),
simulated AS ( -- cycle c is in the (c + n - 1) // n-th that is kept
    SELECT *, coalesce((cycle_before + n - 1) // n = (cycle + n - 1) // n, false) AS saved
    FROM counted, (VALUES (2), (4), (8), (1000000000)) AS asked(n))
SELECT CASE WHEN n < 1000000000 THEN n END AS times,
    coalesce(sum(images) FILTER (saved), 0)::BIGINT AS saved_images,
    coalesce(sum(bytes) FILTER (saved AND NOT is_hint), 0)::BIGINT AS saved_bytes,
    coalesce(sum(bytes) FILTER (saved AND is_hint), 0)::BIGINT AS hint_bytes,
    (saved_bytes + hint_bytes) / (SELECT sum(bytes) FROM wal_by_relation_and_type) AS share
FROM simulated GROUP BY n ORDER BY n;

COMMENT ON VIEW wal_fpi_by_relation IS 'Full-page images by relation, and why they were written';
COMMENT ON VIEW wal_what_if_checkpoints IS 'Images that fewer checkpoints would have saved';
