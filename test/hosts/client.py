"""The client of Python: client.py ROUNDS CONNECTIONS, the SQL on stdin.

Every client of this folder does the same: a new database ROUNDS times in one process,
with the first statement, LOAD, run once, and the others over CONNECTIONS at once, a
thread each. It prints what each connection's SELECTs gave as one piece, | between the
columns, and closes everything.
"""

import sys
import threading

import duckdb


def ask(connection: duckdb.DuckDBPyConnection, statements: list[str], answers: list[str]) -> None:
    lines = []
    for statement in statements:
        rows = connection.execute(statement)
        if statement.startswith("SELECT"):
            lines += ["|".join("NULL" if value is None else str(value) for value in row) for row in rows.fetchall()]
    connection.close()
    answers.append("".join(line + "\n" for line in lines))


def main() -> None:
    rounds, connections = (int(argument) for argument in sys.argv[1:])
    load, *statements = [part.strip() for part in sys.stdin.read().split(";\n") if part.strip()]
    for _ in range(rounds):
        database = duckdb.connect(config={"allow_unsigned_extensions": "true"})
        database.execute(load)
        answers: list[str] = []
        threads = [threading.Thread(target=ask, args=(database.cursor(), statements, answers)) for _ in range(connections)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        database.close()
        print("".join(answers), end="")


if __name__ == "__main__":
    main()
