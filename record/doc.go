// Package record holds WAL records as columns, the same for every reader.
//
// One record of pg_waldump's output is one row:
//
//	rmgr: Heap        len (rec/tot):     54/   150, tx:        731, lsn: 0/01953528, prev 0/019534F0, desc: INSERT off 3 flags 0x00, blkref #0: rel 1663/5/16384 blk 7 FPW
//
//	start_lsn 0/01953528     resource_manager Heap     record_length 150 (tot)     description off 3 flags 0x00
//	prev_lsn  0/019534F0     record_type INSERT        fpi_length 96 (tot - rec)   block_ref blkref #0: rel 1663/5/16384 blk 7 FPW
//	xid 731                  reltablespace 1663        reldatabase 5               relfilenode 16384, relfork main, relblocknumber 7
//
// A [Batch] has up to [BatchRows] records, a [BlockBatch] as many block
// references. Both are structures of arrays: [Numbers], [Times] and [Strings] are
// columns whose memory the caller supplies. That may be Go's own ([NewBatch]) or a
// DuckDB vector's. A column without memory is not wanted, and a reader does not
// compute it.
//
// A [Record] is one row with Go values, for programs and tests. It prints itself as
// pg_waldump does.
//
// The package has no state of a reader. parser fills batches from pg_waldump's
// text, wal from segments.
package record
