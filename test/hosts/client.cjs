// The client of Node: client.cjs ROUNDS CONNECTIONS, the SQL on stdin; see client.py. Node's
// own thread pool runs the connections.
const { readFileSync } = require("node:fs");
const { DuckDBInstance } = require("@duckdb/node-api");

const [rounds, connections] = process.argv.slice(2).map(Number);
const [load, ...statements] = readFileSync(0, "utf8").split(";\n").map((part) => part.trim()).filter(Boolean);

async function ask(connection) {
  let answer = "";
  for (const statement of statements) {
    const result = await connection.runAndReadAll(statement);
    if (!statement.startsWith("SELECT")) continue;
    for (const row of result.getRows()) answer += row.map((value) => value ?? "NULL").join("|") + "\n";
  }
  connection.closeSync();
  return answer;
}

async function main() {
  for (let round = 0; round < rounds; round++) {
    const database = await DuckDBInstance.create(":memory:", { allow_unsigned_extensions: "true" });
    const loader = await database.connect();
    await loader.run(load);
    loader.closeSync();
    const open = await Promise.all(Array.from({ length: connections }, () => database.connect()));
    const answers = await Promise.all(open.map(ask));
    database.closeSync();
    process.stdout.write(answers.join(""));
  }
}

main();
