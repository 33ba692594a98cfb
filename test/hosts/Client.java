// The client of the JVM: Client ROUNDS CONNECTIONS, the SQL on stdin; see client.py.
//
// Beside the queries, one thread collects garbage and one runs into null: the JVM notices
// null by a SIGSEGV, which the Go runtime inside the extension has to hand on to it.

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.duckdb.DuckDBConnection;

class Client {
  static volatile boolean done;
  static long nulls;

  static final class Box {
    int value;
    Box next;
  }

  static int chase(Box box) { // its null has no check in compiled code
    return box.next.value;
  }

  static void collectGarbage() throws InterruptedException {
    while (!done) {
      Thread.sleep(5);
      List<byte[]> garbage = new ArrayList<>();
      for (int i = 0; i < 64; i++) garbage.add(new byte[64 << 10]);
      System.gc();
    }
  }

  static void runIntoNull() throws InterruptedException {
    Box box = new Box();
    while (!done) {
      if (nulls % 100 == 0) Thread.sleep(1);
      try {
        chase(box);
        throw new AssertionError("null has a value");
      } catch (NullPointerException expected) {
        nulls++;
      }
    }
  }

  static String ask(Connection connection, String[] statements) throws SQLException {
    StringBuilder answer = new StringBuilder();
    try (connection; Statement statement = connection.createStatement()) {
      for (int next = 1; next < statements.length; next++) {
        String sql = statements[next].strip();
        if (sql.isEmpty()) continue;
        statement.execute(sql);
        if (!sql.startsWith("SELECT")) continue;
        try (ResultSet rows = statement.getResultSet()) {
          int columns = rows.getMetaData().getColumnCount();
          while (rows.next()) {
            for (int i = 1; i <= columns; i++) {
              String value = rows.getString(i);
              answer.append(i == 1 ? "" : "|").append(rows.wasNull() ? "NULL" : value);
            }
            answer.append('\n');
          }
        }
      }
    }
    return answer.toString();
  }

  static void round(int connections, String[] statements) throws Exception {
    Properties properties = new Properties();
    properties.setProperty("allow_unsigned_extensions", "true");
    ExecutorService threads = Executors.newFixedThreadPool(connections);
    try (Connection database = DriverManager.getConnection("jdbc:duckdb:", properties)) {
      try (Statement load = database.createStatement()) {
        load.execute(statements[0]);
      }
      List<Callable<String>> tasks = new ArrayList<>();
      for (int i = 0; i < connections; i++) {
        Connection connection = database.unwrap(DuckDBConnection.class).duplicate();
        tasks.add(() -> ask(connection, statements));
      }
      for (Future<String> answer : threads.invokeAll(tasks)) System.out.print(answer.get());
    } finally {
      threads.shutdown();
    }
  }

  public static void main(String[] arguments) throws Exception {
    String[] statements = new String(System.in.readAllBytes(), StandardCharsets.UTF_8).split(";\n");
    ExecutorService beside = Executors.newFixedThreadPool(2);
    Future<Void> garbage = beside.submit(() -> { collectGarbage(); return null; });
    Future<Void> trouble = beside.submit(() -> { runIntoNull(); return null; });
    try {
      for (int i = 0; i < Integer.parseInt(arguments[0]); i++) round(Integer.parseInt(arguments[1]), statements);
    } finally {
      done = true;
      beside.shutdown();
    }
    garbage.get();
    trouble.get();
    if (nulls < 1000) throw new AssertionError("only " + nulls + " times null: the signals were not tried");
  }
}
