-- wal_record_times: when each record was written: between from_time and to_time, which are
-- one for a record with a time of its own, and NULL where they are not known. estimate is
-- the most likely time, by the rule of _wal_time_at.
CREATE OR REPLACE VIEW wal_record_times AS
SELECT lsn(wal.start_lsn) AS start_lsn,
    CASE WHEN wal.xact_time IS NULL THEN known.from_time ELSE wal.xact_time END AS from_time, known.to_time AS to_time,
    _wal_time_at(lsn(wal.start_lsn), known.from_lsn, known.to_lsn, known.from_time, known.to_time) AS estimate
FROM wal ASOF JOIN wal_known_times known ON lsn(wal.start_lsn) <= known.to_lsn;

-- wal_by_minute: the WAL minute by minute, by wal_over_time's rule.
CREATE OR REPLACE VIEW wal_by_minute AS
SELECT start_time AS minute, sum(records)::BIGINT AS records, sum(bytes)::BIGINT AS bytes, sum(fpi_bytes)::BIGINT AS fpi_bytes,
    sum(images)::BIGINT AS images, sum(commits)::BIGINT AS commits, sum(aborts)::BIGINT AS aborts,
    min(first_lsn) AS first_lsn, max(last_lsn) AS last_lsn, bool_and(estimated) AS estimated
FROM wal_over_time(60) GROUP BY minute ORDER BY minute;

COMMENT ON VIEW wal_record_times IS 'When each record was written, as far as known';
COMMENT ON VIEW wal_by_minute IS 'WAL minute by minute';
