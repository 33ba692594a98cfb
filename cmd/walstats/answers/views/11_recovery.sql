-- wal_recovery_points: the points before which somebody may want a recovery to stop. kind is
--   drop table, drop materialized view, drop index, drop sequence, drop database,
--   drop tablespace, truncate
--   drop or rewrite     files whose relations have no name here: they may have new ones;
--                       files is how many, target one of them
--   delete, update      of 1,000 rows of a table or more by one transaction: rows, and
--                       their share of all rows changed in the table in this WAL
--   restore point, prepared transaction (it has no end here), timeline
-- VACUUM FULL, CLUSTER, REINDEX, REFRESH MATERIALIZED VIEW and ALTER TABLE make a new file
-- and drop the old one, and lose nothing: they are left out. They are told from TRUNCATE by
-- the table that they make in pg_class and drop again. A recovery that stops before
-- stop_lsn has what was there: settings are the lines for postgresql.conf. A database goes
-- before its transaction ends, so recovery_target_time is too late for it.
CREATE OR REPLACE VIEW wal_recovery_points AS
WITH ddl AS MATERIALIZED (
    SELECT ddl.*, coalesce(sub.top_xid, ddl.xid) AS top_xid, relations.oid,
        coalesce(table_schema || '.' || table_name, relation) AS table_name
    FROM wal_ddl ddl LEFT JOIN relations USING (reltablespace, reldatabase, relfilenode)
        LEFT JOIN wal_subtransactions sub ON sub.xid = ddl.xid AND ddl.start_lsn >> 34 BETWEEN sub.from_era AND sub.to_era),
made AS (
    SELECT DISTINCT top_xid, reldatabase, oid FROM ddl WHERE action = 'create' AND oid IS NOT NULL),
dropped AS (
    SELECT ddl.* EXCLUDE (table_name), ddl.table_name, made.oid IS NOT NULL AS is_replaced, kind IN ('table', 'materialized view') AS is_table,
        bool_or(kind IN ('table', 'materialized view')) OVER (PARTITION BY start_lsn, ddl.reldatabase, ddl.table_name) AS with_table
    FROM ddl LEFT JOIN made ON made.top_xid = ddl.top_xid AND made.reldatabase = ddl.reldatabase AND made.oid = ddl.oid
    WHERE action = 'drop' AND outcome = 'committed' AND coalesce(relfork, 'main') = 'main'),
rewriting AS (
    SELECT coalesce(sub.top_xid, wal.xid) AS top_xid
    FROM _wal_xid_changes wal JOIN relations USING (reltablespace, reldatabase, relfilenode)
        LEFT JOIN wal_subtransactions sub ON sub.xid = wal.xid AND wal.start_lsn >> 34 BETWEEN sub.from_era AND sub.to_era
    WHERE EXISTS (FROM dropped WHERE is_replaced) AND relations.oid = 1259 AND starts_with(wal.resource_manager, 'Heap')
    GROUP BY 1 HAVING bool_or(record_type ILIKE '%INSERT%') AND bool_or(record_type ILIKE 'DELETE%')),
lost AS (
    SELECT CASE WHEN oid IS NULL THEN 'drop or rewrite' WHEN is_replaced THEN 'truncate' ELSE 'drop ' || kind END AS lost_kind,
        CASE WHEN oid IS NULL THEN NULL ELSE relation END AS named, min(relation) AS relation, count(*) AS files, top_xid AS xid, xact_time, start_lsn
    FROM dropped
    WHERE oid IS NULL OR is_replaced AND kind = 'table' AND top_xid NOT IN (FROM rewriting)
        OR NOT is_replaced AND (is_table OR kind IN ('index', 'sequence') AND NOT with_table AND NOT starts_with(relation, 'pg_toast.'))
    GROUP BY lost_kind, named, top_xid, xact_time, start_lsn),
large AS (
    SELECT xid FROM wal_transactions WHERE records >= 1000),
large_parts AS (
    FROM large UNION SELECT xid FROM wal_subtransactions WHERE top_xid IN (FROM large)),
changed AS (
    SELECT coalesce(sub.top_xid, wal.xid) AS xid, reltablespace, reldatabase, relfilenode,
        coalesce(sum(records) FILTER (record_type ILIKE 'DELETE%'), 0)::BIGINT AS deleted, coalesce(sum(records) FILTER (record_type ILIKE '%UPDATE%'), 0)::BIGINT AS updated
    FROM _wal_xid_changes wal LEFT JOIN wal_subtransactions sub ON sub.xid = wal.xid AND wal.start_lsn >> 34 BETWEEN sub.from_era AND sub.to_era
    WHERE wal.xid IN (FROM large_parts) AND resource_manager = 'Heap' AND relfilenode >= 16384 GROUP BY 1, 2, 3, 4),
all_changed AS (
    SELECT reltablespace, reldatabase, relfilenode, sum(records) AS all_changes FROM wal_by_relation_and_type
    WHERE resource_manager = 'Heap' AND (record_type ILIKE 'DELETE%' OR record_type ILIKE '%UPDATE%' OR record_type ILIKE 'INSERT%') GROUP BY ALL),
shares AS MATERIALIZED (
    SELECT changed.*, all_changes FROM changed JOIN all_changed USING (reltablespace, reldatabase, relfilenode) WHERE deleted >= 1000 OR updated >= 1000),
masses AS (
    SELECT action, rows, rows / all_changes AS share, xid, coalesce(relation, reltablespace || '/' || reldatabase || '/' || relfilenode) AS relation
    FROM (SELECT 'delete' AS action, deleted AS rows, * FROM shares UNION ALL SELECT 'update', updated, * FROM shares)
        LEFT JOIN wal_relations USING (reltablespace, reldatabase, relfilenode)
    WHERE rows >= 1000),
asked AS (
    SELECT top_xid AS xid FROM wal_transaction_records WHERE outcome = 'prepared' UNION SELECT xid FROM shares),
ends AS (
    SELECT xid, max(start_lsn) AS start_lsn, arg_max(outcome, start_lsn) AS outcome, arg_max(xact_time, start_lsn) AS xact_time
    FROM _wal_ends WHERE xid IN (FROM asked) GROUP BY ALL),
began AS MATERIALIZED (
    SELECT any_value(ddl.action) AS action, any_value(relation) AS relation, any_value(ddl.xid) AS xid, any_value(ddl.xact_time) AS xact_time,
        ddl.start_lsn, min(wal.start_lsn) AS began_lsn
    FROM ddl JOIN _wal_xid_changes wal ON wal.xid = ddl.xid AND ddl.start_lsn::BIGINT - wal.start_lsn::BIGINT BETWEEN 0 AND 1 << 30
    WHERE ddl.action IN ('drop database', 'drop tablespace') AND ddl.xid <> 0 AND ddl.outcome IS DISTINCT FROM 'aborted' GROUP BY ddl.start_lsn),
marks AS ( -- DROP DATABASE first marks the database's row as invalid
    SELECT began.start_lsn, max(wal.start_lsn) AS mark_lsn
    FROM began JOIN _wal_database_marks wal ON wal.start_lsn < began_lsn AND wal.start_lsn + 65536 > began_lsn
    WHERE action = 'drop database' GROUP BY ALL),
removed AS (
    SELECT action, relation, xid, xact_time, coalesce(mark_lsn, began_lsn) AS first_lsn FROM began LEFT JOIN marks USING (start_lsn)),
points AS (
    SELECT lost_kind AS kind, relation AS target, files, NULL::BIGINT AS rows, NULL::DOUBLE AS share, xid, xact_time, start_lsn AS stop_lsn FROM lost
    UNION ALL
    SELECT action, relation, NULL, NULL, NULL, xid, xact_time, first_lsn FROM removed
    UNION ALL
    SELECT action, relation, NULL, rows, share, xid, xact_time, start_lsn FROM masses JOIN ends USING (xid) WHERE outcome = 'committed'
    UNION ALL
    SELECT 'prepared transaction', NULL, NULL, NULL, NULL, xid, xact_time, start_lsn FROM ends WHERE outcome = 'prepared'
    UNION ALL
    SELECT 'restore point', description, NULL, NULL, NULL, NULL, xact_time, lsn(start_lsn) FROM wal_events WHERE resource_manager = 'XLOG' AND record_type = 'RESTORE_POINT'
    UNION ALL
    SELECT 'timeline', regexp_extract(description, 'tli (\d+);', 1) || ' from ' || regexp_extract(description, 'prev tli (\d+)', 1), NULL, NULL, NULL, NULL, xact_time, lsn(start_lsn)
    FROM wal_events WHERE resource_manager = 'XLOG' AND record_type IN ('END_OF_RECOVERY', 'CHECKPOINT_SHUTDOWN')
        AND regexp_extract(description, 'tli (\d+);', 1) <> regexp_extract(description, 'prev tli (\d+)', 1))
SELECT kind, target, files, rows, share, xid, xact_time, stop_lsn,
    CASE kind WHEN 'restore point' THEN printf('recovery_target_name = ''%s''', replace(target, '''', ''''''))
        ELSE printf('recovery_target_lsn = ''%X/%X''%srecovery_target_inclusive = false', stop_lsn >> 32, stop_lsn & 4294967295, chr(10)) END AS settings
FROM points ORDER BY stop_lsn, kind, target;

COMMENT ON VIEW wal_recovery_points IS 'Points to stop a recovery at, with the settings to paste';
