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
-- records from start_lsn to last_lsn, of one type and relation, or of one xid.
CREATE OR REPLACE VIEW _wal_sums AS
SELECT start_lsn, start_lsn AS last_lsn, resource_manager, record_type, reltablespace, reldatabase, relfilenode,
    1 AS records, record_length AS bytes, fpi_length AS fpi_bytes, images
FROM wal_headers;
CREATE OR REPLACE VIEW _wal_xid_sums AS
SELECT start_lsn, start_lsn AS last_lsn, xid, 1 AS records, record_length AS bytes, fpi_length AS fpi_bytes
FROM wal_headers WHERE xid <> 0;

-- _wal_xid_changes: what transactions did, by type and relation; _wal_database_marks: where a row
-- of a catalog that databases share was overwritten in place.
CREATE OR REPLACE VIEW _wal_xid_changes AS
SELECT start_lsn, xid, resource_manager, record_type, reltablespace, reldatabase, relfilenode, 1 AS records
FROM wal_headers WHERE xid <> 0;
CREATE OR REPLACE VIEW _wal_database_marks AS
SELECT start_lsn FROM wal_headers WHERE resource_manager = 'Heap' AND record_type = 'INPLACE' AND reldatabase = 0;

-- _wal_span: the first and the last record.
CREATE OR REPLACE VIEW _wal_span AS
SELECT min(start_lsn) AS first_lsn, max(last_lsn) AS last_lsn FROM _wal_sums;

COMMENT ON VIEW wal_relations IS 'Relation files and their names';
COMMENT ON VIEW wal_headers IS 'Records without their text';
COMMENT ON VIEW wal_events IS 'Records of the resource managers whose text and times other views read';
