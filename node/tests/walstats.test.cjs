// The installed package in one DuckDB; run.sh runs this for each client.
"use strict";

const assert = require("node:assert/strict");
const { mkdtempSync, readFileSync } = require("node:fs");
const { spawnSync } = require("node:child_process");
const os = require("node:os");
const path = require("node:path");
const { test } = require("node:test");
const { DuckDBInstance } = require("@duckdb/node-api");
const walstats = require("walstats");

const DEMO = path.join(process.env.ROOT, "test/data/demo");
const RECORDS = 9712n;

async function count(connection) {
  const reader = await connection.runAndReadAll(`SELECT count(*) FROM read_wal('${DEMO}')`);
  return reader.getRows()[0][0];
}

async function opened(options = { allow_unsigned_extensions: "true" }) {
  return (await DuckDBInstance.create(":memory:", options)).connect();
}

test("the licences of what is inside", () => {
  const folder = path.dirname(require.resolve("walstats"));
  assert.match(readFileSync(path.join(folder, "LICENSE"), "utf8"), /github.com\/klauspost\/compress/);
});

test("connect", async () => assert.equal(await count(await walstats.connect()), RECORDS));

test("connect takes a file and DuckDB's options", async () => {
  const file = path.join(mkdtempSync(path.join(os.tmpdir(), "walstats-")), "wal.duckdb");
  const connection = await walstats.connect(file, { threads: "1" });
  const reader = await connection.runAndReadAll("SELECT current_setting('threads'), (SELECT count(*) FROM duckdb_databases() WHERE database_name = 'wal')");
  assert.deepEqual(reader.getRows(), [[1n, 1n]]);
});

test("load, and load again", async () => {
  const connection = await opened();
  assert.equal(await walstats.load(connection), connection);
  assert.equal(await walstats.load(connection), connection);
  assert.equal(await count(connection), RECORDS);
});

test("load says what to do where unsigned extensions are not allowed", async () => {
  await assert.rejects(walstats.load(await opened({})), {
    message:
      "walstats.load: this connection does not allow unsigned extensions, and DuckDB takes that setting only when it opens a database; " +
      'open it with walstats.connect(path), or with DuckDBInstance.create(path, { allow_unsigned_extensions: "true" })',
  });
  await assert.rejects(walstats.connect(":memory:", { allow_unsigned_extensions: "false" }), /allow_unsigned_extensions = false, .* leave it out/);
});

test("load takes a connection", async () => {
  await assert.rejects(walstats.load("wal.duckdb"), /a connection of @duckdb\/node-api is required/);
});

test("a DuckDB that has no file says so", async () => {
  const answer = (version, platform) => ({ runAndReadAll: async () => ({ getRows: () => [[version, platform, true]] }) });
  await assert.rejects(walstats.load(answer("v1.1.3", "linux_amd64")), /DuckDB 1.2 or later is required, and this is v1.1.3; .*npm install/);
  await assert.rejects(walstats.load(answer("v1.5.6", "osx_arm64")), /no extension for osx_arm64; use Linux .* WALDUMP_EXTENSION/);
  process.env.WALDUMP_EXTENSION = "/nowhere";
  await assert.rejects(walstats.load(answer("v1.10.0", "linux_amd64")), /^Error: walstats: \/nowhere: no such file; WALDUMP_EXTENSION must name/);
  delete process.env.WALDUMP_EXTENSION;
});

test("the example of README runs", () => {
  const [, code] = readFileSync(path.join(process.env.ROOT, "node/README.md"), "utf8").match(/```js\n([^]*?)```/);
  const ran = spawnSync(process.execPath, ["-e", code.replace("/var/lib/postgresql/15/main", DEMO)], { encoding: "utf8" });
  assert.equal(ran.stdout, "[ [ 9712n ] ]\n", ran.stderr);
});
