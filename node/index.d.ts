import type { DuckDBConnection } from "@duckdb/node-api";

/** Opens a database as DuckDBInstance.create does, loads the functions, and returns a connection. */
export function connect(database?: string, options?: Record<string, string>): Promise<DuckDBConnection>;

/** Adds the functions to the database of a connection, and returns the connection. */
export function load(connection: DuckDBConnection): Promise<DuckDBConnection>;
