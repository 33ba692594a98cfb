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

-- _wal_touches: the block references with an image, or that set up a page again.
CREATE OR REPLACE VIEW _wal_touches AS
SELECT lsn(start_lsn) AS start_lsn, reltablespace, reldatabase, relfilenode, relfork, relblocknumber, record_type, record_length, fpi, block_fpi_length
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
touches AS (
    SELECT start_lsn AS lsn, reltablespace, reldatabase, relfilenode, relfork, relblocknumber,
        CASE WHEN fpi IS NULL OR record_type = 'FPI' THEN 'new' WHEN record_type = 'FPI_FOR_HINT' THEN 'hint' ELSE 'change' END AS cause,
        coalesce(block_fpi_length, record_length // (count(fpi) OVER (PARTITION BY start_lsn)), 0) AS bytes
    FROM _wal_touches),
placed AS (
    SELECT touches.*, coalesce(cycle, 0) AS cycle FROM touches ASOF LEFT JOIN cycles ON touches.lsn >= cycles.redo_lsn),
paired AS (
    SELECT *, lag(cycle) OVER (PARTITION BY reltablespace, reldatabase, relfilenode, relfork, relblocknumber ORDER BY lsn) AS cycle_before FROM placed),
simulated AS ( -- cycle c is in the (c + n - 1) // n-th that is kept
    SELECT n, cause, bytes, coalesce((cycle_before + n - 1) // n = (cycle + n - 1) // n, false) AS saved
    FROM paired, (VALUES (2), (4), (8), (1000000000)) AS asked(n))
SELECT CASE WHEN n < 1000000000 THEN n END AS times,
    count(*) FILTER (saved AND cause <> 'new') AS saved_images,
    coalesce(sum(bytes) FILTER (saved AND cause = 'change'), 0)::BIGINT AS saved_bytes,
    coalesce(sum(bytes) FILTER (saved AND cause = 'hint'), 0)::BIGINT AS hint_bytes,
    (saved_bytes + hint_bytes) / (SELECT sum(bytes) FROM wal_by_relation_and_type) AS share
FROM simulated GROUP BY n ORDER BY n;

-- wal_fpi_since_checkpoint: the WAL by how far after a checkpoint's redo point it lies,
-- in MiB (of 64 kB pieces): images are many right after it, and fewer from then on.
-- redo_lsn is NULL before the first one. A record counts once. Before PostgreSQL 17 a
-- checkpoint is known by its end, so one still running at the end of the WAL is not.
CREATE OR REPLACE VIEW wal_fpi_since_checkpoint AS
WITH pieces AS (
    SELECT CASE WHEN start_lsn >> 16 IN (SELECT redo_lsn >> 16 FROM _wal_redos) THEN start_lsn ELSE (start_lsn >> 16) << 16 END AS lsn,
        sum(records)::BIGINT AS records, sum(bytes) AS bytes, sum(fpi_bytes) AS fpi_bytes, sum(images) AS images
    FROM _wal_sums GROUP BY 1)
SELECT redo_lsn, ((lsn >> 16)::BIGINT - (redo_lsn >> 16)::BIGINT) // 16 AS mib_after,
    sum(records)::BIGINT AS records, sum(bytes)::BIGINT AS bytes, sum(fpi_bytes)::BIGINT AS fpi_bytes, sum(images)::BIGINT AS images
FROM pieces ASOF LEFT JOIN _wal_redos redos ON pieces.lsn >= redos.redo_lsn
GROUP BY 1, 2 ORDER BY 1, 2;

-- wal_hot_blocks: the pages that records touch most. Counted PER BLOCK: a record counts
-- for every page it touches, once each. Empty without wal_blocks.
CREATE OR REPLACE VIEW wal_hot_blocks AS
WITH touched AS (
    SELECT reltablespace, reldatabase, relfilenode, relfork, relblocknumber, count(*) AS records, count(fpi) AS images
    FROM wal_blocks GROUP BY ALL)
SELECT reltablespace, reldatabase, relfilenode,
    coalesce(relation, reltablespace || '/' || reldatabase || '/' || relfilenode) AS relation,
    kind, database, table_name, partition_of, relfork, relblocknumber, records, images
FROM touched LEFT JOIN wal_relations USING (reltablespace, reldatabase, relfilenode)
ORDER BY records DESC;

COMMENT ON VIEW wal_fpi_by_relation IS 'Full-page images by relation, and why they were written';
COMMENT ON VIEW wal_what_if_checkpoints IS 'Images that fewer checkpoints would have saved';
COMMENT ON VIEW wal_fpi_since_checkpoint IS 'Images by distance from the redo point before them';
COMMENT ON VIEW wal_hot_blocks IS 'Pages that most records touch; counted per block';
