-- wal_by_relation_and_type: what each relation's records of each type add up to.
-- A record counts once, for its first block.
CREATE OR REPLACE VIEW wal_by_relation_and_type AS
WITH sums AS (
    SELECT reltablespace, reldatabase, relfilenode, resource_manager, record_type,
        sum(records)::BIGINT AS records, coalesce(sum(bytes), 0)::BIGINT AS bytes, coalesce(sum(fpi_bytes), 0)::BIGINT AS fpi_bytes,
        sum(images)::BIGINT AS images
    FROM _wal_sums GROUP BY ALL)
SELECT reltablespace, reldatabase, relfilenode,
    coalesce(relation, reltablespace || '/' || reldatabase || '/' || relfilenode) AS relation,
    kind, database, table_name, partition_of,
    resource_manager, record_type, records, bytes, fpi_bytes, images
FROM sums LEFT JOIN wal_relations USING (reltablespace, reldatabase, relfilenode)
ORDER BY bytes DESC;

-- wal_by_relation: which relations make the WAL, and how much of it is images.
-- A record counts once, for its first block; the row without a relation is the
-- records that have no block (commits, locks, checkpoints), so the sums are all of
-- the WAL. share is of all bytes, 0 to 1.
CREATE OR REPLACE VIEW wal_by_relation AS
SELECT reltablespace, reldatabase, relfilenode, relation, kind, database, table_name, partition_of,
    sum(records)::BIGINT AS records, sum(bytes)::BIGINT AS bytes, sum(fpi_bytes)::BIGINT AS fpi_bytes,
    sum(images)::BIGINT AS images,
    sum(bytes) / sum(sum(bytes)) OVER () AS share
FROM wal_by_relation_and_type GROUP BY ALL ORDER BY bytes DESC;

-- wal_by_table: the same with a table's indexes, TOAST and partitions in one row,
-- where names are known. files is how many relation files that is.
CREATE OR REPLACE VIEW wal_by_table AS
SELECT database, coalesce(partition_of, table_name, relation) AS table_name, count(*) AS files,
    sum(records)::BIGINT AS records, sum(bytes)::BIGINT AS bytes, sum(fpi_bytes)::BIGINT AS fpi_bytes,
    sum(images)::BIGINT AS images,
    coalesce(sum(bytes) FILTER (kind = 'index'), 0)::BIGINT AS index_bytes,
    coalesce(sum(bytes) FILTER (kind = 'toast'), 0)::BIGINT AS toast_bytes,
    sum(share) AS share
FROM wal_by_relation GROUP BY 1, 2 ORDER BY bytes DESC;

-- wal_by_record_type: the table of pg_waldump --stats=record. record_bytes is bytes
-- without images.
CREATE OR REPLACE VIEW wal_by_record_type AS
SELECT resource_manager, record_type, sum(records)::BIGINT AS records, sum(bytes)::BIGINT AS bytes,
    sum(bytes - fpi_bytes)::BIGINT AS record_bytes, sum(fpi_bytes)::BIGINT AS fpi_bytes, sum(images)::BIGINT AS images,
    sum(bytes) / sum(sum(bytes)) OVER () AS share
FROM wal_by_relation_and_type GROUP BY ALL ORDER BY bytes DESC;

-- wal_relation(pattern): the records whose first block is of the relations of that name
-- (LIKE: 'public.accounts%'; 'accounts' is of any schema), or of a file by its numbers:
-- '1663/5/16384'.
CREATE OR REPLACE MACRO wal_relation(pattern) AS TABLE
SELECT wal.* FROM wal LEFT JOIN wal_relations USING (reltablespace, reldatabase, relfilenode)
WHERE coalesce(relation, reltablespace || '/' || reldatabase || '/' || relfilenode) LIKE pattern
    OR NOT contains(pattern, '.') AND relation LIKE '%.' || pattern
ORDER BY lsn(wal.start_lsn);

COMMENT ON VIEW wal_by_relation_and_type IS 'Bytes by relation and record type; a record counts once';
COMMENT ON VIEW wal_by_relation IS 'Which relations make the WAL; a record counts once';
COMMENT ON VIEW wal_by_table IS 'Which tables make the WAL, with their indexes, TOAST and partitions';
COMMENT ON VIEW wal_by_record_type IS 'The table of pg_waldump --stats=record';
