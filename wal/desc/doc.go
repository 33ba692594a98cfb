// Package desc prints what each resource manager says of a WAL record, for
// PostgreSQL 9.5 to 19: the text that pg_waldump of that version prints after
// "desc: ", byte for byte, and the line around it.
//
//	p := desc.NewPrinter(time.UTC)
//	text, err = p.Append(text[:0], &r)   // off: 5, flags: 0x00
//	line, err = p.AppendLine(line[:0], &r, false) // rmgr: Heap  len (rec/tot): ...
//
// A manager is a file: heap.go, btree.go, xlog.go. Each has a table of rows. A row
// names an info code, the first and last version that prints it so, and either the
// text with the fields in it or the function that makes the text:
//
//	text(0x00, v12, v15, "off {offnum u16@0} flags 0x{flags x8@2}"),
//	text(0x00, v16, newest, "off: {offnum u16@0}, flags: 0x{flags x8@2}"),
//	code(0x30, v16, v16, (*Printer).freezePage16),
//
// "{offnum u16@0}" is the field offnum, two bytes at byte 0 of the main data;
// template.go lists the kinds of field. To find the line that prints a word, search
// the word in this folder: it is in a row, or in a function below the rows.
//
// To add PostgreSQL 20:
//  1. Add V20 to package rmgr, with its page magic and record types. Every row that
//     ends with newest now holds for 20 too.
//  2. Add v20 to table.go and 20's catalog version to path.go.
//  3. Compare src/backend/access/rmgrdesc of 19 and 20. Where a text or a struct
//     changed, end the old row with v19 and add a row from v20 to newest.
//  4. Where a struct is read by a function, give its form table a row from v20, or
//     write a function beside the old one and name it in the new row.
//  5. Put segments of 20 with their texts into the oracle's folder and run
//     make oracle: it names each record that differs.
//
// A record without a row has an empty text, as in PostgreSQL. Numbers that do not
// fit the data give an [*Error]; nothing panics. Nothing is allocated for a record.
package desc
