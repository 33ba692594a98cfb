-- wal_ddl: relation files made, dropped and cut, databases and tablespaces made and
-- dropped, as far as the text tells. action is create, drop, truncate, create database,
-- drop database, create tablespace or drop tablespace; target is the path as printed.
-- A drop is listed by the commit (outcome committed) or, of a file that the transaction
-- itself had made, by its abort. A database's or tablespace's outcome and xact_time are its
-- transaction's; relation is the database's name, where names are known. TRUNCATE, VACUUM
-- FULL and rewriting ALTER TABLE make a new file and drop the old one. A prepared transaction's drops are in its COMMIT PREPARED.
CREATE OR REPLACE VIEW wal_ddl AS
WITH made AS (
    SELECT lsn(start_lsn) AS start_lsn, xid, (CASE WHEN record_type = 'DROP' THEN 'drop ' ELSE 'create ' END) || lower(resource_manager) AS action, description AS target
    FROM wal_events WHERE resource_manager IN ('Database', 'Tablespace')),
ends AS (
    SELECT start_lsn, xid AS top_xid, outcome, xact_time FROM _wal_ends WHERE outcome IN ('committed', 'aborted') AND xid IN (SELECT xid FROM made)),
databases AS (
    SELECT reldatabase::VARCHAR AS oid, max(database) AS name FROM relations WHERE reldatabase <> 0 GROUP BY ALL),
paths AS (
    SELECT lsn(start_lsn) AS start_lsn, xid, lower(record_type) AS action, split_part(description, ' ', 1) AS target,
        try_cast(regexp_extract(description, ' to (\d+) blocks', 1) AS UINTEGER) AS to_blocks, NULL AS outcome, NULL::TIMESTAMPTZ AS xact_time
    FROM wal_events WHERE resource_manager = 'Storage'
    UNION ALL
    SELECT start_lsn, top_xid, 'drop', unnest(regexp_extract_all(regexp_extract(details, '; rels: ([^;]+)', 1), '\S+')), NULL, outcome, xact_time
    FROM wal_transaction_records WHERE outcome IN ('committed', 'aborted') AND contains(details, '; rels: ')
    UNION ALL
    -- Their transaction ends with the first commit or abort of the xid at or after them.
    SELECT made.start_lsn, made.xid, action, target, NULL, outcome, xact_time
    FROM made ASOF LEFT JOIN ends ON made.xid = ends.top_xid AND made.start_lsn <= ends.start_lsn),
parsed AS (
    SELECT *, regexp_extract(target, '^(?:base/(\d+)|global|pg_tblspc/(\d+)/[^/]+/(\d+))/(\d+)(?:_(\w+))?$', ['base', 'space', 'db', 'node', 'fork']) AS part
    FROM paths),
files AS (
    SELECT start_lsn, xid, action, target, to_blocks, outcome, xact_time,
        CASE WHEN part.node = '' THEN NULL WHEN part.space <> '' THEN try_cast(part.space AS UINTEGER) WHEN part.base <> '' THEN 1663 ELSE 1664 END AS reltablespace,
        CASE WHEN part.node = '' THEN NULL WHEN part.space <> '' THEN try_cast(part.db AS UINTEGER) WHEN part.base <> '' THEN try_cast(part.base AS UINTEGER) ELSE 0 END AS reldatabase,
        try_cast(part.node AS UINTEGER) AS relfilenode,
        CASE WHEN part.node <> '' THEN coalesce(nullif(part.fork, ''), 'main') END AS relfork
    FROM parsed)
SELECT start_lsn, xid, action,
    coalesce(relation, reltablespace || '/' || reldatabase || '/' || relfilenode, databases.name, target) AS relation, kind, target, to_blocks, outcome, xact_time,
    reltablespace, reldatabase, relfilenode, relfork
FROM files LEFT JOIN wal_relations USING (reltablespace, reldatabase, relfilenode)
    LEFT JOIN databases ON ends_with(action, ' database') AND databases.oid = regexp_extract(target, '/(\d+)$', 1)
ORDER BY start_lsn;

COMMENT ON VIEW wal_ddl IS 'Files, databases and tablespaces made, dropped and cut';
