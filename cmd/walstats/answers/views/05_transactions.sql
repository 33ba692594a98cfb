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
        sum(bytes)::BIGINT AS bytes, sum(fpi_bytes)::BIGINT AS fpi_bytes
    FROM _wal_xid_sums GROUP BY key
    UNION ALL
    SELECT (start_lsn >> 34) << 32 | top_xid, min(start_lsn), max(start_lsn), count(*), sum(record_length)::BIGINT, 0
    FROM wal_transaction_records WHERE record_type[-9:] = '_PREPARED' GROUP BY ALL),
ends AS (
    SELECT (start_lsn >> 34) << 32 | xid AS key, max(CASE outcome WHEN 'committed' THEN 3 WHEN 'aborted' THEN 2 ELSE 1 END) AS ended, max(xact_time) AS xact_time
    FROM _wal_ends GROUP BY key)
SELECT (key & 4294967295)::UINTEGER AS xid, key >> 32 AS era, first_lsn, last_lsn, records, bytes, fpi_bytes, coalesce(ended, 0) AS ended, xact_time
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

-- wal_commits: the ends of transactions in the order of the WAL: outcome is committed,
-- aborted or prepared. subtransactions and dropped_files are how many the record lists.
CREATE OR REPLACE VIEW wal_commits AS
SELECT start_lsn, top_xid AS xid, outcome, xact_time, record_type, record_length AS bytes,
    len(regexp_extract_all(regexp_extract(details, 'subxacts: ([0-9 ]+)', 1), '\d+')) AS subtransactions,
    len(regexp_extract_all(regexp_extract(details, 'rels(?:\(commit\))?: ([^;]+)', 1), '\S+')) AS dropped_files
FROM wal_transaction_records WHERE outcome IS NOT NULL ORDER BY start_lsn;

-- wal_transaction(id): the records of a transaction and its subtransactions, and the
-- COMMIT PREPARED that speaks of it, in the order of the WAL.
CREATE OR REPLACE MACRO wal_transaction(id) AS TABLE
SELECT * FROM wal
WHERE xid = id OR xid IN (SELECT sub.xid FROM wal_subtransactions sub WHERE sub.top_xid = id)
    OR lsn(start_lsn) IN (SELECT ended.start_lsn FROM wal_transaction_records ended WHERE ended.top_xid = id)
ORDER BY lsn(start_lsn);

COMMENT ON VIEW wal_transaction_records IS 'Records that say how transactions went';
COMMENT ON VIEW wal_subtransactions IS 'Whose a subtransaction is';
COMMENT ON VIEW wal_transactions IS 'What each transaction wrote, and how it ended';
COMMENT ON VIEW wal_commits IS 'Ends of transactions, in the order of the WAL';
