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

COMMENT ON VIEW wal_known_times IS 'Stretches of WAL between two records with a time';
