-- wal_row_changes: who changed what: the rows that each transaction inserted, copied (COPY and
-- other inserts of many rows at once), updated (hot_updated: without new index entries) and
-- deleted in each relation, its subtransactions folded in. bytes is the heap's records.
-- copied is NULL where the table wal has no text of these records.
CREATE OR REPLACE VIEW wal_row_changes AS
WITH changes AS (
    SELECT coalesce(sub.top_xid, wal.xid) AS xid, reltablespace, reldatabase, relfilenode,
        count(*) FILTER (record_type ILIKE 'INSERT%') AS inserted,
        count(*) FILTER (record_type ILIKE 'MULTI_INSERT%') AS copies,
        sum(CASE WHEN record_type ILIKE 'MULTI_INSERT%' THEN try_cast(regexp_extract(description, '^(?:ntuples: )?(\d+)', 1) AS UINTEGER) END)::BIGINT AS rows_copied,
        count(*) FILTER (record_type ILIKE 'UPDATE%') AS updated,
        count(*) FILTER (record_type ILIKE 'HOT_UPDATE%') AS hot_updated,
        count(*) FILTER (record_type ILIKE 'DELETE%') AS deleted, sum(record_length)::BIGINT AS bytes
    FROM wal LEFT JOIN wal_subtransactions sub ON sub.xid = wal.xid AND lsn(wal.start_lsn) >> 34 BETWEEN sub.from_era AND sub.to_era
    WHERE starts_with(resource_manager, 'Heap') AND wal.xid <> 0 AND relfilenode IS NOT NULL
        AND (record_type ILIKE '%INSERT%' OR record_type ILIKE '%UPDATE%' OR record_type ILIKE 'DELETE%')
    GROUP BY 1, 2, 3, 4)
SELECT xid, coalesce(relation, reltablespace || '/' || reldatabase || '/' || relfilenode) AS relation, kind, database, table_name,
    inserted, CASE WHEN copies = 0 THEN 0 ELSE rows_copied END AS copied, updated + hot_updated AS updated, hot_updated, deleted, bytes,
    reltablespace, reldatabase, relfilenode
FROM changes LEFT JOIN wal_relations USING (reltablespace, reldatabase, relfilenode)
ORDER BY bytes DESC, xid;

-- wal_updates: how many updates of each relation were HOT, that is, needed no new entries
-- in its indexes: hot_share is 0 to 1. update_bytes is the heap's records; index_bytes is what
-- all indexes of the table wrote. Free space in the pages (fillfactor) and fewer indexes on
-- columns that change make more updates HOT.
CREATE OR REPLACE VIEW wal_updates AS
SELECT changes.relation, changes.kind, changes.database, changes.table_name,
    sum(changes.records)::BIGINT AS updates, coalesce(sum(changes.records) FILTER (record_type ILIKE 'HOT_UPDATE%'), 0)::BIGINT AS hot_updates,
    hot_updates / updates AS hot_share, sum(changes.bytes)::BIGINT AS update_bytes, any_value(tables.index_bytes) AS index_bytes
FROM wal_by_relation_and_type changes LEFT JOIN wal_by_table tables
    ON tables.database IS NOT DISTINCT FROM changes.database AND tables.table_name = coalesce(changes.partition_of, changes.table_name, changes.relation)
WHERE resource_manager = 'Heap' AND (record_type ILIKE 'UPDATE%' OR record_type ILIKE 'HOT_UPDATE%')
GROUP BY ALL ORDER BY updates - hot_updates DESC, relation;

COMMENT ON VIEW wal_row_changes IS 'Rows that each transaction inserted, copied, updated and deleted, by relation';
COMMENT ON VIEW wal_updates IS 'How many updates of each relation were HOT';
