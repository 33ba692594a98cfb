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

COMMENT ON VIEW wal_fpi_since_checkpoint IS 'Images by distance from the redo point before them';
COMMENT ON VIEW wal_hot_blocks IS 'Pages that most records touch; counted per block';
