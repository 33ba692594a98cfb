-- The names of this database's relation files, for walstats. Run it in each database:
--
--   export PGCLIENTENCODING=UTF8
--   for db in $(psql -XAtc "SELECT datname FROM pg_database WHERE datallowconn"); do
--     psql -X --csv -d "$db" -f names.sql
--   done > names.csv
--
-- It reads the catalogs of PostgreSQL 9.5 and later, as any user, and locks nothing.
-- pg_relation_filenode knows the files of mapped catalogs (their relfilenode is 0).
-- Temporary tables are not in the WAL, but their numbers could be another's: left out.
WITH RECURSIVE tree AS (
    SELECT i.inhrelid AS child, i.inhparent AS root
    FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class p ON p.oid = i.inhparent AND p.relkind = 'p'
    UNION ALL
    SELECT tree.child, i.inhparent
    FROM tree JOIN pg_catalog.pg_inherits i ON i.inhrelid = tree.root
), owned AS (
    SELECT d.objid AS sequence, min(d.refobjid) AS owner
    FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class s ON s.oid = d.objid AND s.relkind = 'S'
    WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refclassid = d.classid
        AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
    GROUP BY d.objid
)
SELECT CASE c.reltablespace WHEN 0 THEN db.dattablespace ELSE c.reltablespace END AS reltablespace,
    CASE WHEN c.relisshared THEN 0 ELSE db.oid END AS reldatabase,
    pg_catalog.pg_relation_filenode(c.oid) AS relfilenode,
    c.oid AS oid,
    CASE WHEN NOT c.relisshared THEN db.datname END AS database,
    n.nspname AS schema,
    c.relname AS name,
    CASE c.relkind WHEN 'r' THEN 'table' WHEN 'i' THEN 'index' WHEN 'S' THEN 'sequence'
        WHEN 't' THEN 'toast' WHEN 'm' THEN 'materialized view' ELSE c.relkind::pg_catalog.text END AS kind,
    tn.nspname AS table_schema,
    t.relname AS table_name,
    rn.nspname AS partition_of_schema,
    r.relname AS partition_of_name
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_database db ON db.datname = pg_catalog.current_database()
LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
LEFT JOIN owned ON owned.sequence = c.oid
-- the heap of an index, then the table whose TOAST that heap is
JOIN pg_catalog.pg_class h ON h.oid = COALESCE(i.indrelid, owned.owner, c.oid)
LEFT JOIN pg_catalog.pg_class o ON o.reltoastrelid = h.oid AND h.relkind = 't'
JOIN pg_catalog.pg_class t ON t.oid = COALESCE(o.oid, h.oid)
JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
-- the root of the partition tree is what has no parent itself
LEFT JOIN tree ON tree.child = t.oid
    AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_inherits up WHERE up.inhrelid = tree.root)
LEFT JOIN pg_catalog.pg_class r ON r.oid = tree.root
LEFT JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace
WHERE c.relpersistence <> 't' AND pg_catalog.pg_relation_filenode(c.oid) IS NOT NULL
ORDER BY 1, 2, 3
