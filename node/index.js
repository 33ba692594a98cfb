// PostgreSQL's write-ahead log as a table in DuckDB. connect opens a database with the functions;
// load adds them to a connection that is open.
"use strict";

const { existsSync } = require("node:fs");
const path = require("node:path");

const NAME = "waldump.duckdb_extension"; // DuckDB takes the name of the entry point from the file's name

// connect opens a database as DuckDBInstance.create does, loads the functions, and returns a connection.
// Unsigned extensions are allowed for this database alone.
async function connect(database = ":memory:", options = {}) {
  const { DuckDBInstance } = require("@duckdb/node-api");
  const given = options.allow_unsigned_extensions ?? "true";
  if (!["true", "1"].includes(String(given).toLowerCase())) {
    throw new Error(
      `walstats.connect: the options have allow_unsigned_extensions = ${given}, and the extension is not signed; leave it out`,
    );
  }
  const instance = await DuckDBInstance.create(database, { ...options, allow_unsigned_extensions: "true" });
  try {
    return await load(await instance.connect());
  } catch (error) {
    instance.closeSync();
    throw error;
  }
}

// load adds the functions to the database of a connection, and returns the connection.
async function load(connection) {
  if (typeof connection?.runAndReadAll !== "function") {
    throw new TypeError("walstats.load: a connection of @duckdb/node-api is required; DuckDBInstance.connect returns one");
  }
  const reader = await connection.runAndReadAll(
    "SELECT version(), (SELECT platform FROM pragma_platform()), current_setting('allow_unsigned_extensions')",
  );
  const [version, platform, allowed] = reader.getRows()[0];
  const file = extension(version, platform);
  if (!allowed) {
    throw new Error(
      "walstats.load: this connection does not allow unsigned extensions, and DuckDB takes that setting only when it opens a database; " +
        'open it with walstats.connect(path), or with DuckDBInstance.create(path, { allow_unsigned_extensions: "true" })',
    );
  }
  await connection.run(`LOAD '${file.replaceAll("'", "''")}'`);
  return connection;
}

// extension returns the path of the extension for a DuckDB.
function extension(version, platform) {
  const number = /^v(\d+)\.(\d+)/.exec(version);
  if (number && (Number(number[1]) < 1 || (Number(number[1]) === 1 && Number(number[2]) < 2))) {
    throw new Error(`walstats: DuckDB 1.2 or later is required, and this is ${version}; upgrade it with: npm install @duckdb/node-api`);
  }
  const file = process.env.WALDUMP_EXTENSION ? path.resolve(process.env.WALDUMP_EXTENSION) : path.join(__dirname, platform, NAME);
  if (existsSync(file)) return file;
  if (process.env.WALDUMP_EXTENSION) throw new Error(`walstats: ${file}: no such file; WALDUMP_EXTENSION must name a ${NAME}, or be unset`);
  throw new Error(
    `walstats: this package has no extension for ${platform}; use Linux with glibc on amd64 or arm64 (a container will do), ` +
      "or build the extension from source and name the file in WALDUMP_EXTENSION",
  );
}

module.exports = { connect, load };
