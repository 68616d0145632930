package io.hearth.simulator.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import io.hearth.simulator.fleet.Metric;
import io.hearth.simulator.fleet.MetricKind;
import io.hearth.simulator.fleet.Shape;
import io.hearth.simulator.ledger.Delivery;
import io.hearth.simulator.ledger.LedgerWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class CommandLineIT {

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    private Path directory;

    private int execute(String... args) {
        CommandLine commandLine = Main.commandLine();
        commandLine.setOut(new PrintWriter(out, true));
        commandLine.setErr(new PrintWriter(err, true));
        return commandLine.execute(args);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    ''                                     | say what to do: simulate, verify or report
                    fly                                    | Unmatched argument at index 0: 'fly'
                    simulate --qos 3                       | QoS is 0, 1 or 2, not 3
                    simulate --window 0                    | the window is 1 to 65535, not 0
                    simulate --rate fast                   | 'fast' is not a rate
                    simulate --rate 0                      | '0' is not a rate
                    simulate --rate 5 --interval 5s        | --interval and --rate exclude each other
                    simulate --interval 0s                 | the interval must be above 0
                    simulate --duration 5x                 | '5x' is not a duration like
                    simulate --devices 0                   | a fleet needs at least one device
                    simulate --device-prefix a/b           | are not allowed
                    simulate --connections 11              | connections are 1 to the number of devices, 10, not 11
                    simulate --devices 2000 --connections 1001 | opens at most 1000 connections
                    simulate --batch 2 --no-ts             | cannot go without ts
                    simulate --with-ts --no-ts             | exclude each other
                    simulate --messages 0                  | must be at least 1
                    simulate --port 0                      | --port is 1 to 65535, not 0
                    simulate --start-at yesterday          | is not a time like
                    simulate --time-step 5s                | --time-step needs --start-at
                    simulate --password-file /nowhere      | there is no file /nowhere
                    simulate --scenario /nowhere.yaml      | there is no file /nowhere.yaml
                    simulate --scenario x --rate 5         | --rate and --scenario exclude each other
                    simulate --part 1/2                    | --part and --scale need --scenario
                    simulate --part 3/2                    | '3/2' is not a part like 2/3
                    simulate --tls-cert /nowhere           | --tls-cert and --tls-key go together
                    simulate --tls-trust /nowhere          | there is no file /nowhere
                    simulate --credentials-file /nowhere   | there is no file /nowhere
                    simulate --max-errors -1               | --max-errors must not be below 0
                    simulate --chaos-command x --chaos-every 0s | the time between chaos commands must be above 0
                    report                                 | say what to do: merge
                    report merge                           | Missing required parameter: 'REPORT'
                    report merge /nowhere.json             | there is no file /nowhere.json
                    verify --ledger . --until yesterday    | is not a time like
                    verify --ledger . --max-lost -1        | --max-lost must not be below 0
                    verify                                 | Missing required option: '--ledger
                    verify --ledger /nowhere               | there is no directory /nowhere
                    """)
    void execute_wrongUsage_saysWhatInOneLineAndReturns2(String line, String message) {
        int code = execute(line.isEmpty() ? new String[0] : line.split(" +"));

        assertEquals(ExitCode.USAGE, code, err::toString);
        String error = err.toString();
        assertTrue(error.startsWith("error: ") && error.contains(message), error);
        assertEquals(2, error.lines().count(), error);
    }

    @Test
    void simulate_nobodyListens_saysSoAndReturns1() throws IOException {
        int port;
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        int code = execute("simulate", "--quiet", "--client", "raw", "--port", Integer.toString(port));

        assertEquals(ExitCode.FAILED, code);
        assertEquals(
                "error: cannot connect to 127.0.0.1:" + port + ": Connection refused" + System.lineSeparator(),
                err.toString());
        assertFalse(err.toString().contains("\tat "));
    }

    @ParameterizedTest
    @CsvSource({"500ms,PT0.5S", "10s,PT10S", "5m,PT5M", "2h,PT2H", "1d,PT24H", "PT1M30S,PT1M30S"})
    void duration_eachForm_isRead(String text, Duration expected) {
        assertEquals(expected, new DurationConverter().convert(text));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    200 | {"device":"d","readings":[{"ts":"1970-01-01T00:00:01Z","values":{"t":2.0}}],"nextCursor":null} | 0 | true
                    200 | {"device":"d","readings":[],"nextCursor":null} | 1 | false
                    200 | {"device":"d","readings":[{"ts":"1970-01-01T00:00:01+01:00","values":{"t":2.0}}],"nextCursor":null} | 1 | false
                    200 | {"device":"d","readings":[]} | 3 |
                    200 | [] | 3 |
                    200 | {"device":"d","rea | 3 |
                    500 | broken | 3 |
                    """)
    void verify_eachKindOfAnswer_hasItsExitCodeAndReport(int status, String answer, int code, String passed)
            throws IOException {
        // Given
        try (LedgerWriter ledger = LedgerWriter.create(directory)) {
            int device = ledger.register("d", new Shape(List.of(new Metric("t", MetricKind.TENTHS))));
            ledger.appendTimed(device, Delivery.ACKNOWLEDGED, 1_000, 1_001, 1_000_000, new long[] {20}, 0);
        }
        HttpServer server = service(status, answer);
        Path report = directory.resolve("report.json");
        try {
            // When
            int actual = execute(verify(server, report));

            // Then
            assertEquals(code, actual, () -> out + "" + err);
            if (code == ExitCode.NO_VERDICT) {
                assertTrue(err.toString().startsWith("error: GET http://"), err.toString());
                assertEquals(1, err.toString().lines().count());
            } else {
                JsonNode json = new ObjectMapper().readTree(Files.readAllBytes(report));
                assertEquals(Boolean.parseBoolean(passed), json.get("passed").booleanValue());
                assertEquals(1, json.get("acknowledged").intValue());
            }
        } finally {
            server.stop(0);
        }
    }

    @Test
    void verify_ledgerWithoutItsEnd_failsUnlessThatIsLetPass() throws IOException {
        Path file;
        try (LedgerWriter ledger = LedgerWriter.create(directory)) {
            file = ledger.file();
            int device = ledger.register("d", new Shape(List.of(new Metric("t", MetricKind.TENTHS))));
            ledger.appendTimed(device, Delivery.ACKNOWLEDGED, 1_000, 1_001, 1_000_000, new long[] {20}, 0);
        }
        byte[] whole = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(whole, whole.length - 1));
        HttpServer server = service(200, """
                        {"device":"d","readings":[{"ts":"1970-01-01T00:00:01Z","values":{"t":2.0}}],"nextCursor":null}""");
        Path report = directory.resolve("report.json");
        try {
            String[] strict = verify(server, report);
            assertEquals(ExitCode.FAILED, execute(strict), () -> out + "" + err);
            assertTrue(out.toString().contains("INCOMPLETE"), out::toString);
            assertTrue(out.toString().contains(file.toString()), out::toString);
            assertEquals(
                    1,
                    new ObjectMapper()
                            .readTree(report.toFile())
                            .get("ledgerIncomplete")
                            .size());

            String[] lenient = Arrays.copyOf(strict, strict.length + 1);
            lenient[strict.length] = "--allow-incomplete";
            assertEquals(ExitCode.OK, execute(lenient), () -> out + "" + err);
        } finally {
            server.stop(0);
        }
    }

    /** Gives one answer to all that asks for readings. */
    private static HttpServer service(int status, String answer) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            boolean ready = exchange.getRequestURI().getPath().startsWith("/q/");
            byte[] body = (ready ? "{}" : answer).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(ready ? 200 : status, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        return server;
    }

    private String[] verify(HttpServer server, Path report) {
        return new String[] {
            "verify",
            "--ledger",
            directory.toString(),
            "--url",
            "http://127.0.0.1:" + server.getAddress().getPort(),
            "--wait-ready",
            "5s",
            "--late-wait",
            "0s",
            "--report-json",
            report.toString()
        };
    }
}
