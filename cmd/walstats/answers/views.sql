-- Answers from PostgreSQL's WAL: views and macros over the tables that walstats
-- convert writes, in plain SQL. They need no extension: `.read views.sql` in any
-- DuckDB (1.3 to 2.0 are tested), in a database that has the table
--
--   wal          a row a record:           CREATE TABLE wal AS FROM read_waldump(...)
--   wal_blocks   a row a block reference:  CREATE TABLE wal_blocks AS FROM read_waldump_blocks(...)
--   relations    names of relation files (walstats names); made empty if it is not there
--
-- What holds in all of them:
--   * LSNs are numbers (UBIGINT), whatever the tables hold; lsn_text(n) prints one,
--     lsn('0/1953528') reads one.
--   * records, bytes (record_length: the whole record, images included), fpi_bytes
--     (its full-page images) and images (how many) mean the same everywhere.
--   * Sums count a record ONCE, for its first block reference: so they add up to
--     pg_waldump --stats. A view that counts per block says so.
--   * relation is schema.name where the name is known, else the file's numbers,
--     tablespace/database/relfilenode. Records without a block have no relation (NULL).
--   * One database holds the WAL of one cluster. A dump read twice counts twice.
--   * Views work in an attached database (FROM wal.wal_gaps); for the macros that give
--     tables, wal_over_time(), wal_transaction() and wal_relation(), USE it first.

-- lsn(value) is an LSN as a number, of a number, a pg_lsn or a text like 0/1953528.
-- typeof() is known when a query is planned: a number costs nothing.
CREATE OR REPLACE MACRO lsn(value) AS CASE
    WHEN typeof(value) <> 'VARCHAR' THEN value::UBIGINT
    ELSE ('0x' || split_part(value::VARCHAR, '/', 1))::UBIGINT << 32 | ('0x' || split_part(value::VARCHAR, '/', 2))::UBIGINT END;

-- lsn_text(value) is an LSN as pg_waldump prints it in a record: 0/01953528.
CREATE OR REPLACE MACRO lsn_text(value) AS printf('%X/%08X', lsn(value) >> 32, lsn(value) & 4294967295);

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

-- What follows needs the table wal.

-- _wal_images(...) is how many full-page images a record has, of any kind.
CREATE OR REPLACE MACRO _wal_images(fpi_length, block_ref) AS
    CASE WHEN fpi_length > 0 AND block_ref IS NOT NULL THEN (strlen(block_ref) - strlen(replace(block_ref, 'FPW', ''))) // 3 ELSE 0 END;

CREATE TABLE IF NOT EXISTS wal_blocks (
    start_lsn UBIGINT, prev_lsn UBIGINT, block_id UTINYINT,
    reltablespace UINTEGER, reldatabase UINTEGER, relfilenode UINTEGER, relfork VARCHAR, relblocknumber UINTEGER,
    xid UINTEGER, resource_manager VARCHAR, record_type VARCHAR, record_length UINTEGER,
    fpi VARCHAR, block_fpi_length UINTEGER, hole_offset UINTEGER, hole_length UINTEGER,
    compression_saved UINTEGER, compression_method VARCHAR, description VARCHAR, filename VARCHAR);

-- relations: the name of a relation file, and whose it is. kind is table, index,
-- sequence, toast or materialized view. table_* is the table that an index, a TOAST
-- table or its index belongs to (of a table, itself), partition_of_* the root of the
-- tree that this table is a partition in, else NULL.
CREATE TABLE IF NOT EXISTS relations (
    reltablespace UINTEGER, reldatabase UINTEGER, relfilenode UINTEGER,
    oid UINTEGER, database VARCHAR, schema VARCHAR, name VARCHAR, kind VARCHAR,
    table_schema VARCHAR, table_name VARCHAR, partition_of_schema VARCHAR, partition_of_name VARCHAR,
    PRIMARY KEY (reltablespace, reldatabase, relfilenode));

-- wal_relations: every relation file, with its names ready to show: relation and
-- table_name and partition_of are schema.name.
CREATE OR REPLACE VIEW wal_relations AS
SELECT reltablespace, reldatabase, relfilenode, oid, database, kind,
    schema || '.' || name AS relation,
    table_schema || '.' || table_name AS table_name,
    partition_of_schema || '.' || partition_of_name AS partition_of
FROM relations;

-- wal_headers, wal_events: what most views read of the table wal: of each record what is not
-- text, with how many images it has; and the records of the resource managers whose text and
-- times tell something.
CREATE OR REPLACE VIEW wal_headers AS
SELECT lsn(start_lsn) AS start_lsn, xid, resource_manager, record_type, record_length, fpi_length, _wal_images(fpi_length, block_ref) AS images,
    reltablespace, reldatabase, relfilenode
FROM wal;
CREATE OR REPLACE VIEW wal_events AS
FROM wal WHERE resource_manager IN ('Transaction', 'XLOG', 'Storage', 'Database', 'Tablespace');

-- _wal_sums, _wal_xid_sums: what most views add up. Here each record is one; walstats
-- puts the rows of read_wal_sums in their place, which are sums of several already. Each row is of
-- records from start_lsn to last_lsn: of one type and relation; of one xid; and the end of a
-- transaction. ended is 3 where it committed, 2 where it aborted, 1 where it was prepared, else 0.
CREATE OR REPLACE VIEW _wal_sums AS
SELECT start_lsn, start_lsn AS last_lsn, resource_manager, record_type, reltablespace, reldatabase, relfilenode,
    1 AS records, record_length AS bytes, fpi_length AS fpi_bytes, images
FROM wal_headers;
CREATE OR REPLACE VIEW _wal_xid_sums AS
SELECT start_lsn, start_lsn AS last_lsn, xid, 1 AS records, record_length AS bytes, fpi_length AS fpi_bytes, 0 AS ended, NULL::TIMESTAMPTZ AS xact_time
FROM wal_headers WHERE xid <> 0;

-- _wal_span: the first and the last record.
CREATE OR REPLACE VIEW _wal_span AS
SELECT min(start_lsn) AS first_lsn, max(last_lsn) AS last_lsn FROM _wal_sums;

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

-- wal_transaction_records: the records that say how transactions went, with what their
-- text holds. top_xid is the transaction it speaks of: COMMIT PREPARED has it in its text,
-- and ASSIGNMENT names the one above. outcome is committed, aborted, prepared, or NULL of an
-- ASSIGNMENT. details is the text after the time, from its first semicolon on; a
-- prepared transaction's gid is the user's text, so it is cut off first.
-- (PostgreSQL 9.3 and 9.4 say `commit prepared 731` in the place of the type.)
CREATE OR REPLACE VIEW wal_transaction_records AS
WITH named AS (
    SELECT lsn(start_lsn) AS start_lsn, xid, upper(replace(record_type, ' ', '_')) AS type, xact_time, record_length, description, record_type
    FROM wal_events WHERE resource_manager = 'Transaction')
SELECT start_lsn, record_type,
    CASE WHEN type[:15] = 'COMMIT_PREPARED' OR type[:14] = 'ABORT_PREPARED'
            THEN coalesce(try_cast(regexp_extract(description, '^(\d+): ', 1) AS UINTEGER), try_cast(regexp_extract(type, '_(\d+)$', 1) AS UINTEGER), xid)
        WHEN type[:10] = 'ASSIGNMENT' OR type[:14] = 'XID_ASSIGNMENT'
            THEN coalesce(try_cast(regexp_extract(record_type || ' ' || description, 'xtop (\d+)', 1) AS UINTEGER), xid)
        ELSE xid END AS top_xid,
    CASE WHEN type[:6] = 'COMMIT' THEN 'committed' WHEN type[:5] = 'ABORT' THEN 'aborted' WHEN type = 'PREPARE' THEN 'prepared' END AS outcome,
    xact_time, record_length,
    CASE WHEN type = 'PREPARE' THEN regexp_replace(description, '^gid .*: \d{4,}-\d\d-\d\d \d\d:\d\d:\d\d\.[^;]*', '', 's') ELSE description END AS details
FROM named WHERE type[:6] = 'COMMIT' OR type[:5] = 'ABORT' OR type = 'PREPARE' OR type[:10] = 'ASSIGNMENT' OR type[:14] = 'XID_ASSIGNMENT';

-- wal_subtransactions: whose a subtransaction is, as ASSIGNMENT, COMMIT, ABORT and
-- PREPARE say. A savepoint that was rolled back is in its transaction's COMMIT no more,
-- so unless an ASSIGNMENT had named it, nothing in the text says whose it was.
-- 32-bit xids come again after 4 billion transactions. Between two uses of one lie far
-- more than 16 GB of WAL (each xid takes at least four bytes of it), so an era, which is
-- 16 GB, has a number once: what is said in era to_era holds from from_era on.
CREATE OR REPLACE VIEW wal_subtransactions AS
WITH said AS (
    SELECT unnest(string_split(regexp_extract(details, 'subxacts: ([0-9 ]+)', 1), ' ')) AS text, top_xid, start_lsn >> 34 AS era
    FROM wal_transaction_records WHERE contains(details, 'subxacts: ')),
named AS (
    SELECT try_cast(text AS UINTEGER) AS xid, max(top_xid) AS above_xid, era AS to_era,
        coalesce(lag(era) OVER (PARTITION BY xid ORDER BY era) + 1, 0) AS from_era
    FROM said WHERE try_cast(text AS UINTEGER) IS NOT NULL GROUP BY text, era)
-- ABORT names the savepoint above, which itself an ASSIGNMENT may have named.
SELECT sub.xid, coalesce(above.above_xid, sub.above_xid) AS top_xid, sub.from_era, sub.to_era
FROM named sub LEFT JOIN named above ON above.xid = sub.above_xid AND sub.to_era BETWEEN above.from_era AND above.to_era;

-- _wal_ends: the ends of transactions. walstats adds those that read_wal_sums tells with the sums.
CREATE OR REPLACE VIEW _wal_ends AS
SELECT top_xid AS xid, start_lsn, outcome, xact_time FROM wal_transaction_records WHERE outcome IS NOT NULL;

-- _wal_written: what the records of each xid add up to, in each era (see
-- wal_subtransactions). ended is 3 where the xid committed, 2 where it aborted, 1 where it was
-- prepared, else 0. COMMIT PREPARED has no xid of its own: it is a second row of the one in its text.
CREATE OR REPLACE VIEW _wal_written AS
WITH sums AS (
    SELECT (start_lsn >> 34) << 32 | xid AS key, min(start_lsn) AS first_lsn, max(last_lsn) AS last_lsn, sum(records)::BIGINT AS records,
        sum(bytes)::BIGINT AS bytes, sum(fpi_bytes)::BIGINT AS fpi_bytes, max(ended) AS ended, max(xact_time) AS xact_time
    FROM _wal_xid_sums GROUP BY key
    UNION ALL
    SELECT (start_lsn >> 34) << 32 | top_xid, min(start_lsn), max(start_lsn), count(*), sum(record_length)::BIGINT, 0, 0, NULL
    FROM wal_transaction_records WHERE record_type[-9:] = '_PREPARED' GROUP BY ALL),
ends AS (
    SELECT (start_lsn >> 34) << 32 | top_xid AS key, max(CASE outcome WHEN 'committed' THEN 3 WHEN 'aborted' THEN 2 ELSE 1 END) AS said, max(xact_time) AS said_time
    FROM wal_transaction_records WHERE outcome IS NOT NULL GROUP BY key)
SELECT (key & 4294967295)::UINTEGER AS xid, key >> 32 AS era, first_lsn, last_lsn, records, bytes, fpi_bytes,
    coalesce(greatest(ended, said), ended) AS ended, coalesce(greatest(xact_time, said_time), xact_time) AS xact_time
FROM sums LEFT JOIN ends USING (key);

-- wal_transactions: what each transaction wrote, its subtransactions folded into it.
-- status is committed, aborted, prepared or open: without an end in this WAL. What was
-- open when the server shut down or recovered is aborted, with no time. xact_time is when
-- it committed, aborted or was prepared. A record counts once. Most transactions have an
-- end and no subtransactions: only the others are folded.
CREATE OR REPLACE VIEW wal_transactions AS
WITH written AS MATERIALIZED (
    FROM _wal_written),
others AS MATERIALIZED (
    SELECT xid FROM wal_subtransactions UNION SELECT top_xid FROM wal_subtransactions UNION SELECT xid FROM written WHERE ended < 2
    UNION SELECT top_xid FROM wal_transaction_records WHERE record_type[-9:] = '_PREPARED'),
folded AS MATERIALIZED (
    SELECT coalesce(sub.top_xid, written.xid) AS xid, era, min(first_lsn) AS first_lsn, max(last_lsn) AS last_lsn,
        sum(records) AS records, sum(bytes) AS bytes, sum(fpi_bytes) AS fpi_bytes, count(sub.xid) AS subtransactions,
        coalesce(max(ended) FILTER (sub.xid IS NULL), 0) AS ended, max(xact_time) FILTER (sub.xid IS NULL) AS xact_time
    FROM written LEFT JOIN wal_subtransactions sub ON sub.xid = written.xid AND era BETWEEN sub.from_era AND sub.to_era
    WHERE written.xid IN (FROM others) GROUP BY 1, 2),
whole AS ( -- a transaction that did not end in its era is the one that ends in a later one
    SELECT folded.* EXCLUDE (era), era AS last_era FROM folded WHERE ended >= 2
    UNION ALL
    SELECT begun.* EXCLUDE (era), min(later.era) FROM folded begun LEFT JOIN folded later
        ON later.xid = begun.xid AND later.era > begun.era AND later.ended >= 2
    WHERE begun.ended < 2 GROUP BY ALL),
summed AS (
    SELECT xid, min(first_lsn) AS first_lsn, max(last_lsn) AS last_lsn, max(ended) AS ended, max(xact_time) AS xact_time,
        sum(records)::BIGINT AS records, sum(bytes)::BIGINT AS bytes, sum(fpi_bytes)::BIGINT AS fpi_bytes, max(subtransactions) AS subtransactions
    FROM whole GROUP BY xid, last_era
    UNION ALL
    SELECT xid, first_lsn, last_lsn, ended, xact_time, records, bytes, fpi_bytes, 0 FROM written WHERE xid NOT IN (FROM others))
SELECT xid,
    CASE ended WHEN 3 THEN 'committed' WHEN 2 THEN 'aborted' WHEN 1 THEN 'prepared' ELSE
        CASE WHEN last_lsn < (SELECT max(lsn(start_lsn)) FROM wal_events WHERE resource_manager = 'XLOG' AND record_type IN ('CHECKPOINT_SHUTDOWN', 'END_OF_RECOVERY')) THEN 'aborted'
        ELSE 'open' END END AS status,
    first_lsn, last_lsn, xact_time, records, bytes, fpi_bytes, subtransactions
FROM summed;

-- _wal_short_transactions: transactions that wal_transactions leaves out, added up. Here it has all.
CREATE OR REPLACE VIEW _wal_short_transactions AS
SELECT 'committed' AS status, 0 AS transactions, 0 AS bytes WHERE false;

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

-- wal_commits: the ends of transactions in the order of the WAL: outcome is committed,
-- aborted or prepared. subtransactions and dropped_files are how many the record lists.
CREATE OR REPLACE VIEW wal_commits AS
SELECT start_lsn, top_xid AS xid, outcome, xact_time, record_type, record_length AS bytes,
    len(regexp_extract_all(regexp_extract(details, 'subxacts: ([0-9 ]+)', 1), '\d+')) AS subtransactions,
    len(regexp_extract_all(regexp_extract(details, 'rels(?:\(commit\))?: ([^;]+)', 1), '\S+')) AS dropped_files
FROM wal_transaction_records WHERE outcome IS NOT NULL ORDER BY start_lsn;

-- wal_known_times: the stretches of WAL between two records with a time of their own
-- (commits, rollbacks and the like). What lies after from_lsn, up to and with to_lsn, was
-- written between from_time and to_time. The first stretch begins with the WAL and has no
-- from_time, the last one ends with it and has no to_time.
CREATE OR REPLACE VIEW wal_known_times AS
WITH timed AS (
    SELECT lsn(start_lsn) AS lsn, xact_time FROM wal_events WHERE xact_time IS NOT NULL
    UNION ALL
    SELECT last_lsn + 1, NULL FROM _wal_span WHERE last_lsn IS NOT NULL)
SELECT coalesce(lag(lsn) OVER (ORDER BY lsn), (SELECT first_lsn FROM _wal_span)) AS from_lsn, lsn AS to_lsn,
    lag(xact_time) OVER (ORDER BY lsn) AS from_time, xact_time AS to_time
FROM timed;

-- _wal_time_at(...) is the estimated time of an LSN in such a stretch. The WAL between two
-- times is spread over them evenly. Less than 64 kB were written just before to_time, as
-- what a short transaction writes. More than that before the first time, or after the last
-- one, has none.
CREATE OR REPLACE MACRO _wal_time_at(at_lsn, from_lsn, to_lsn, from_time, to_time) AS
    CASE WHEN to_lsn - from_lsn < 65536 THEN coalesce(to_time, from_time)
        WHEN to_time < from_time THEN to_time
        ELSE to_timestamp((epoch_us(from_time) + (epoch_us(to_time) - epoch_us(from_time)) * ((at_lsn - from_lsn) / (to_lsn - from_lsn))) / 1000000) END;

-- wal_record_times: when each record was written: between from_time and to_time, which are
-- one for a record with a time of its own, and NULL where they are not known. estimate is
-- the most likely time, by the rule above.
CREATE OR REPLACE VIEW wal_record_times AS
SELECT lsn(wal.start_lsn) AS start_lsn,
    CASE WHEN wal.xact_time IS NULL THEN known.from_time ELSE wal.xact_time END AS from_time, known.to_time AS to_time,
    _wal_time_at(lsn(wal.start_lsn), known.from_lsn, known.to_lsn, known.from_time, known.to_time) AS estimate
FROM wal ASOF JOIN wal_known_times known ON lsn(wal.start_lsn) <= known.to_lsn;

-- wal_over_time(seconds): what each resource manager wrote in every step of so many
-- seconds (0.1 is fine), by the estimate of wal_record_times. In a step that is estimated no
-- record has a time: its WAL is spread evenly between two times. start_time is NULL where
-- nothing is known. A record counts once.
-- The WAL is summed in pieces of 64 kB, but for those where a step ends, so that few
-- rows have to be looked up in the list of steps.
CREATE OR REPLACE MACRO wal_over_time(seconds) AS TABLE
WITH stretches AS (
    SELECT from_lsn, to_lsn, epoch_us(from_time) AS from_us, epoch_us(to_time) AS to_us,
        (seconds * 1000000)::BIGINT AS step_us, from_us // step_us AS from_step, to_us // step_us AS to_step,
        -- Of how many steps it is: 0 if it is not spread, as it has less than a record for each.
        CASE WHEN to_lsn - from_lsn >= 65536 AND to_us >= from_us AND (to_step - from_step) * 24 < to_lsn - from_lsn THEN to_step - from_step ELSE 0 END AS further
    FROM wal_known_times),
cuts AS (
    SELECT to_lsn AS lsn, CASE WHEN to_lsn - from_lsn < 65536 THEN coalesce(to_step, from_step) WHEN from_us IS NOT NULL THEN to_step END AS step FROM stretches
    UNION ALL
    SELECT from_lsn + ((((step + 1) * step_us - from_us)::HUGEINT * (to_lsn - from_lsn) - 1) // (to_us - from_us))::UBIGINT AS cut, step -- the last LSN before the step's end
    FROM (SELECT *, from_step + unnest(range(further)) AS step FROM stretches WHERE further > 0) WHERE cut > from_lsn),
ends AS (
    SELECT lsn, step FROM (SELECT lsn, max(step) AS step FROM cuts GROUP BY lsn)
    QUALIFY lead(lsn) OVER (ORDER BY lsn) IS NULL OR lead(step) OVER (ORDER BY lsn) IS DISTINCT FROM step),
pieces AS (
    SELECT CASE WHEN start_lsn >> 16 IN (SELECT lsn >> 16 FROM ends) THEN start_lsn ELSE (start_lsn >> 16) << 16 END AS lsn,
        resource_manager, sum(records)::BIGINT AS records, sum(bytes) AS bytes, sum(fpi_bytes) AS fpi_bytes, sum(images) AS images,
        sum(records) FILTER (resource_manager = 'Transaction' AND record_type ILIKE 'commit%') AS commits,
        sum(records) FILTER (resource_manager = 'Transaction' AND record_type ILIKE 'abort%') AS aborts,
        min(start_lsn) AS first_lsn, max(last_lsn) AS last_lsn
    FROM _wal_sums GROUP BY 1, 2
    UNION ALL BY NAME
    SELECT CASE WHEN lsn(start_lsn) >> 16 IN (SELECT lsn >> 16 FROM ends) THEN lsn(start_lsn) ELSE (lsn(start_lsn) >> 16) << 16 END AS lsn,
        resource_manager, 0 AS records, count(xact_time) AS times
    FROM wal_events GROUP BY 1, 2),
placed AS ( -- each piece in the step that ends first after it; DuckDB may make a nested loop of an ASOF JOIN
    SELECT * REPLACE ((first_value(CASE WHEN records IS NULL THEN {'step': step} END IGNORE NULLS) OVER (
        ORDER BY lsn, records NULLS LAST ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)).step AS step)
    FROM (FROM pieces UNION ALL BY NAME FROM ends))
SELECT to_timestamp(step * seconds) AS start_time, resource_manager,
    sum(records)::BIGINT AS records, coalesce(sum(bytes), 0)::BIGINT AS bytes, coalesce(sum(fpi_bytes), 0)::BIGINT AS fpi_bytes, coalesce(sum(images), 0)::BIGINT AS images,
    coalesce(sum(commits), 0)::BIGINT AS commits, coalesce(sum(aborts), 0)::BIGINT AS aborts, min(first_lsn) AS first_lsn, max(last_lsn) AS last_lsn,
    coalesce(sum(sum(times)) OVER (PARTITION BY step), 0) = 0 AS estimated
FROM placed WHERE records IS NOT NULL GROUP BY step, resource_manager ORDER BY start_time, bytes DESC;

-- wal_by_minute: the WAL minute by minute, by wal_over_time's rule.
CREATE OR REPLACE VIEW wal_by_minute AS
SELECT start_time AS minute, sum(records)::BIGINT AS records, sum(bytes)::BIGINT AS bytes, sum(fpi_bytes)::BIGINT AS fpi_bytes,
    sum(images)::BIGINT AS images, sum(commits)::BIGINT AS commits, sum(aborts)::BIGINT AS aborts,
    min(first_lsn) AS first_lsn, max(last_lsn) AS last_lsn, bool_and(estimated) AS estimated
FROM wal_over_time(60) GROUP BY minute ORDER BY minute;

-- wal_checkpoints: type is online or shutdown. A checkpoint begins at redo_lsn and ends with
-- its record; redo_time and xact_time are when, by the estimate of wal_record_times (no
-- checkpoint prints a time). distance is the WAL between its redo point and the one
-- before, and seconds_apart the time. full_page_writes is the setting, oldest_running_xid 0
-- where it has none. What a line that was cut does not show is NULL.
CREATE OR REPLACE VIEW wal_checkpoints AS
WITH checkpoints AS (
    SELECT lsn(start_lsn) AS start_lsn, lsn(nullif(regexp_extract(description, 'redo ([0-9A-F]{1,8}/[0-9A-F]{1,8});', 1), '')) AS redo_lsn,
        nullif(regexp_extract(description, '; (online|shutdown)$', 1), '') AS type,
        try_cast(regexp_extract(description, '; tli (\d+);', 1) AS UINTEGER) AS timeline,
        nullif(regexp_extract(description, '; fpw (\w+);', 1), '') = 'true' AS full_page_writes,
        try_cast(regexp_extract(description, '; xid (\d+)', 1) AS UINTEGER)::UBIGINT << 32 | try_cast(regexp_extract(description, '; xid \d+[:/](\d+);', 1) AS UINTEGER) AS next_xid,
        try_cast(regexp_extract(description, 'oldest running xid (\d+);', 1) AS UINTEGER) AS oldest_running_xid
    FROM wal_events WHERE resource_manager = 'XLOG' AND record_type ILIKE 'checkpoint%' AND starts_with(description, 'redo ')),
known AS MATERIALIZED (
    FROM wal_known_times),
ended AS (
    SELECT checkpoints.*, _wal_time_at(start_lsn, from_lsn, to_lsn, from_time, to_time) AS xact_time
    FROM checkpoints ASOF LEFT JOIN known ON start_lsn <= to_lsn),
begun AS (
    SELECT ended.*, CASE WHEN redo_lsn >= from_lsn THEN _wal_time_at(redo_lsn, from_lsn, to_lsn, from_time, to_time) END AS redo_time
    FROM ended ASOF LEFT JOIN known ON redo_lsn <= to_lsn)
SELECT start_lsn, redo_lsn, type, redo_lsn::BIGINT - lag(redo_lsn IGNORE NULLS) OVER (ORDER BY start_lsn)::BIGINT AS distance,
    xact_time, timeline, full_page_writes, next_xid, oldest_running_xid,
    redo_time, (epoch_us(redo_time) - epoch_us(lag(redo_time IGNORE NULLS) OVER (ORDER BY start_lsn))) / 1000000 AS seconds_apart
FROM begun
ORDER BY start_lsn;

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
WITH redos AS (
    SELECT redo_lsn FROM wal_checkpoints WHERE redo_lsn IS NOT NULL
    UNION
    SELECT lsn(start_lsn) FROM wal_events WHERE resource_manager = 'XLOG' AND record_type = 'CHECKPOINT_REDO'),
cycles AS (
    SELECT redo_lsn, row_number() OVER (ORDER BY redo_lsn) AS cycle FROM redos),
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
WITH redos AS (
    SELECT redo_lsn FROM wal_checkpoints WHERE redo_lsn IS NOT NULL
    UNION
    SELECT lsn(start_lsn) FROM wal_events WHERE resource_manager = 'XLOG' AND record_type = 'CHECKPOINT_REDO'),
pieces AS (
    SELECT CASE WHEN start_lsn >> 16 IN (SELECT redo_lsn >> 16 FROM redos) THEN start_lsn ELSE (start_lsn >> 16) << 16 END AS lsn,
        sum(records)::BIGINT AS records, sum(bytes) AS bytes, sum(fpi_bytes) AS fpi_bytes, sum(images) AS images
    FROM _wal_sums GROUP BY 1)
SELECT redo_lsn, ((lsn >> 16)::BIGINT - (redo_lsn >> 16)::BIGINT) // 16 AS mib_after,
    sum(records)::BIGINT AS records, sum(bytes)::BIGINT AS bytes, sum(fpi_bytes)::BIGINT AS fpi_bytes, sum(images)::BIGINT AS images
FROM pieces ASOF LEFT JOIN redos ON pieces.lsn >= redos.redo_lsn
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
    FROM wal_headers wal JOIN relations USING (reltablespace, reldatabase, relfilenode)
        LEFT JOIN wal_subtransactions sub ON sub.xid = wal.xid AND wal.start_lsn >> 34 BETWEEN sub.from_era AND sub.to_era
    WHERE EXISTS (FROM dropped WHERE is_replaced) AND relations.oid = 1259 AND wal.xid <> 0 AND starts_with(wal.resource_manager, 'Heap')
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
        count(*) FILTER (record_type ILIKE 'DELETE%') AS deleted, count(*) FILTER (record_type ILIKE '%UPDATE%') AS updated
    FROM wal_headers wal LEFT JOIN wal_subtransactions sub ON sub.xid = wal.xid AND wal.start_lsn >> 34 BETWEEN sub.from_era AND sub.to_era
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
    FROM ddl JOIN wal_headers wal ON wal.xid = ddl.xid AND ddl.start_lsn::BIGINT - wal.start_lsn::BIGINT BETWEEN 0 AND 1 << 30
    WHERE ddl.action IN ('drop database', 'drop tablespace') AND ddl.xid <> 0 AND ddl.outcome IS DISTINCT FROM 'aborted' GROUP BY ddl.start_lsn),
marks AS ( -- DROP DATABASE first marks the database's row as invalid
    SELECT began.start_lsn, max(wal.start_lsn) AS mark_lsn
    FROM wal_headers wal JOIN (SELECT *, 'Heap' AS resource_manager, 'INPLACE' AS record_type, 0 AS reldatabase FROM began WHERE action = 'drop database') began
        USING (resource_manager, record_type, reldatabase)
    WHERE wal.start_lsn < began_lsn AND wal.start_lsn + 65536 > began_lsn GROUP BY ALL),
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

-- wal_transaction(id): the records of a transaction and its subtransactions, and the
-- COMMIT PREPARED that speaks of it, in the order of the WAL.
CREATE OR REPLACE MACRO wal_transaction(id) AS TABLE
SELECT * FROM wal
WHERE xid = id OR xid IN (SELECT sub.xid FROM wal_subtransactions sub WHERE sub.top_xid = id)
    OR lsn(start_lsn) IN (SELECT ended.start_lsn FROM wal_transaction_records ended WHERE ended.top_xid = id)
ORDER BY lsn(start_lsn);

-- wal_relation(pattern): the records whose first block is of the relations of that name
-- (LIKE: 'public.accounts%'; 'accounts' is of any schema), or of a file by its numbers:
-- '1663/5/16384'.
CREATE OR REPLACE MACRO wal_relation(pattern) AS TABLE
SELECT wal.* FROM wal LEFT JOIN wal_relations USING (reltablespace, reldatabase, relfilenode)
WHERE coalesce(relation, reltablespace || '/' || reldatabase || '/' || relfilenode) LIKE pattern
    OR NOT contains(pattern, '.') AND relation LIKE '%.' || pattern
ORDER BY lsn(wal.start_lsn);

-- What duckdb_views() says of the views.
COMMENT ON VIEW wal_relations IS 'Relation files and their names';
COMMENT ON VIEW wal_headers IS 'Records without their text';
COMMENT ON VIEW wal_events IS 'Records of the resource managers whose text and times other views read';
COMMENT ON VIEW wal_by_relation_and_type IS 'Bytes by relation and record type; a record counts once';
COMMENT ON VIEW wal_by_relation IS 'Which relations make the WAL; a record counts once';
COMMENT ON VIEW wal_by_table IS 'Which tables make the WAL, with their indexes, TOAST and partitions';
COMMENT ON VIEW wal_by_record_type IS 'The table of pg_waldump --stats=record';
COMMENT ON VIEW wal_transaction_records IS 'Records that say how transactions went';
COMMENT ON VIEW wal_subtransactions IS 'Whose a subtransaction is';
COMMENT ON VIEW wal_transactions IS 'What each transaction wrote, and how it ended';
COMMENT ON VIEW wal_row_changes IS 'Rows that each transaction inserted, copied, updated and deleted, by relation';
COMMENT ON VIEW wal_updates IS 'How many updates of each relation were HOT';
COMMENT ON VIEW wal_commits IS 'Ends of transactions, in the order of the WAL';
COMMENT ON VIEW wal_known_times IS 'Stretches of WAL between two records with a time';
COMMENT ON VIEW wal_record_times IS 'When each record was written, as far as known';
COMMENT ON VIEW wal_by_minute IS 'WAL minute by minute';
COMMENT ON VIEW wal_checkpoints IS 'Checkpoints, with redo point, distance and times';
COMMENT ON VIEW wal_fpi_by_relation IS 'Full-page images by relation, and why they were written';
COMMENT ON VIEW wal_what_if_checkpoints IS 'Images that fewer checkpoints would have saved';
COMMENT ON VIEW wal_fpi_since_checkpoint IS 'Images by distance from the redo point before them';
COMMENT ON VIEW wal_hot_blocks IS 'Pages that most records touch; counted per block';
COMMENT ON VIEW wal_ddl IS 'Files, databases and tablespaces made, dropped and cut';
COMMENT ON VIEW wal_recovery_points IS 'Points to stop a recovery at, with the settings to paste';
COMMENT ON VIEW wal_gaps IS 'Where records are missing';
COMMENT ON VIEW wal_summary IS 'One row about all of the WAL';
