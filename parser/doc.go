// Package parser turns the text that pg_waldump prints (pg_xlogdump before
// PostgreSQL 10) into columns.
//
// A record is one line, printed by XLogDumpDisplayRecord in
// src/bin/pg_waldump/pg_waldump.c:
//
//	rmgr: Heap        len (rec/tot):     54/  3650, tx:    1113866, lsn: 0/06EBFE10, prev 0/06EBFDD0, desc: INSERT off 19 flags 0x00, blkref #0: rel 1663/13759/1247 blk 15 FPW
//	rmgr: XLOG        len (rec/tot):     30/    30, tx:          0, lsn: 0/06EBFD50, prev 0/06EBFCD8, desc: NEXTOID 26167
//
// Its fields, in the order of the line:
//
//	rmgr    the resource manager, padded to 11 characters
//	rec     the record's length without its full-page images, bytes
//	tot     the record's whole length, bytes
//	tx      the transaction id, 0 where there is none
//	lsn     where the record starts, two halves in upper-case hexadecimal
//	prev    where the record before it starts
//	desc    the identifier (INSERT), one blank, and what the resource manager
//	        says of the record; may be empty, may begin with a comma
//	blkref  the blocks it touches: tablespace/database/relfilenode, the fork
//	        unless it is main, the block, FPW where an image is kept
//
// With --bkp-details the block references follow on lines of their own, after a tab. Four records print text that a user chose, raw, newlines included:
// XLOG/RESTORE_POINT, Transaction/PREPARE, LogicalMessage/MESSAGE and
// Tablespace/CREATE; their text may look like anything, even like a record.
// 9.3 and 9.4 print `bkp: 0000, ` before `desc: ` and no identifier.
//
// Reading has two passes. [Index.Scan] walks the lines of one block of text and
// decides what is a record, where it ends and what is not one; it decodes the
// fixed part, since testing it and decoding it cost the same. [Filler.Fill] then
// writes the wanted columns of up to [BatchRows] records into memory that the
// caller supplies; text that no wanted column needs is not looked at. Which
// lines are rows never depends on the columns.
package parser
