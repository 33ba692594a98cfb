package linked_test

import (
	"database/sql"
	"fmt"
	"log"

	"github.com/duckdb/duckdb-go/v2"

	"walstats/extension/linked"
)

// A Go program reads dumps with SQL: whose images make all this WAL?
func ExampleRegister() {
	connector, err := duckdb.NewConnector("", nil) // or the name of a database's file
	if err != nil {
		log.Fatal(err)
	}
	db := sql.OpenDB(connector) // closes the connector, too
	defer db.Close()
	if err := linked.Register(connector); err != nil {
		log.Fatal(err)
	}

	rows, err := db.Query(`
		SELECT relfilenode, count(*) AS records, sum(fpi_length)::BIGINT AS images
		FROM read_waldump('../../test/data/pg16.waldump.gz')
		WHERE relfilenode IS NOT NULL
		GROUP BY ALL ORDER BY images DESC LIMIT 3`)
	if err != nil {
		log.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var relfilenode uint32
		var records, images int64
		if err := rows.Scan(&relfilenode, &records, &images); err != nil {
			log.Fatal(err)
		}
		fmt.Println(relfilenode, records, images)
	}
	if err := rows.Err(); err != nil {
		log.Fatal(err)
	}
	// Output:
	// 17933 764 1732116
	// 17923 446 1731540
	// 18346 352 1280388
}
