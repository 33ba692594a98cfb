// Package extension is read_waldump and its siblings: files become blocks of
// text, and blocks become rows of DuckDB.
//
// It knows DuckDB only through cshim and the format only through parser; here,
// and nowhere else, the bytes of a dump meet the vectors of a query.
package extension

import "walstats/cshim"

// Register makes everything the extension has known to a database.
func Register(c *cshim.Conn) error {
	for _, register := range []func(*cshim.Conn) error{
		registerLSN,
		readWaldump.register,
		readWaldumpBlocks.register,
		readWaldumpRejects.register,
		waldumpStats.register,
		registerBlockRefs,
	} {
		if err := register(c); err != nil {
			return err
		}
	}
	return nil
}
