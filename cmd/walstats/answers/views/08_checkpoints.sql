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

COMMENT ON VIEW wal_checkpoints IS 'Checkpoints, with redo point, distance and times';
