-- Answers from PostgreSQL's WAL: views and macros over the tables that walstats
-- convert writes, in plain SQL. They need no extension. A release has these files as one:
-- `.read waldump_views.sql` in any DuckDB (1.3 to 2.0 are tested), in a database that has
-- the table
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
