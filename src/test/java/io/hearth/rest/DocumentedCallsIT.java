package io.hearth.rest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.hearth.HearthClient;
import io.hearth.HearthProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The calls that README and docs show, as a reader would make them: each command is run by a shell, through a proxy that holds it and
 * its answer against the OpenAPI document. A new example is found by itself.
 */
class DocumentedCallsIT {
    private static final String SYNC_TOKEN = "a-token-for-peers";
    private static final Pattern COMMAND = Pattern.compile("(curl|mosquitto_pub|mosquitto_sub) .*", Pattern.DOTALL);
    private static final Pattern CALL = Pattern.compile("`(GET|POST|PUT|PATCH|DELETE) (/[^` ?]*)(?:\\?([^` ]*))?`");

    /** What examples need that their page does not do before: a part of the command, and the call that provides it. */
    private static final Map<String, String[]> NEEDED = Map.of(
            "ids=d1", new String[] {"/api/v1/devices/d1/readings", "{\"temperature\":21.5}"},
            "peers/us:verify",
                    new String[] {
                        "/api/v1/sync/peers", "{\"id\":\"us\",\"url\":\"{us}\",\"token\":\"" + SYNC_TOKEN + "\"}"
                    });

    @SuppressWarnings("NullAway.Init")
    private static HearthProcess eu;

    @SuppressWarnings("NullAway.Init")
    private static HearthProcess us;

    @SuppressWarnings("NullAway.Init")
    private static ValidatingProxy euProxy;

    @SuppressWarnings("NullAway.Init")
    private static ValidatingProxy usProxy;

    /** A command of a page. */
    private record Example(String page, int line, String command) {
        @Override
        public String toString() {
            return page + ":" + line;
        }
    }

    @BeforeAll
    static void start() throws Exception {
        eu = HearthProcess.start(Map.of("HEARTH_REGION", "eu"));
        us = HearthProcess.start(Map.of("HEARTH_REGION", "us", "HEARTH_SYNC_TOKEN", SYNC_TOKEN));
        euProxy = new ValidatingProxy(eu);
        usProxy = new ValidatingProxy(us);
    }

    @AfterAll
    static void stop() {
        usProxy.close();
        euProxy.close();
        us.close();
        eu.close();
    }

    /** What stands in the examples for a service, a secret or a port, and what it is here. */
    private static String filledIn(String command) {
        return command.replace("http://127.0.0.1:8080", euProxy.uri().toString())
                .replace("http://eu:8080", euProxy.uri().toString())
                .replace("http://127.0.0.1:8081", usProxy.uri().toString())
                .replace("https://us.example.org", us.httpUri().toString())
                .replace("\"token\":\"…\"", "\"token\":\"" + SYNC_TOKEN + "\"")
                .replace("-p 1883", "-p " + eu.mqttPort())
                // Ends when the subscription is acknowledged.
                .replace("mosquitto_sub ", "mosquitto_sub -E ");
    }

    private static Map<String, String> variables() {
        return Map.of(
                "HEARTH", euProxy.uri().toString(),
                "TOKEN", eu.adminToken(),
                "ADMIN", eu.adminToken(),
                "OTHER", us.adminToken());
    }

    @ParameterizedTest
    @MethodSource("examples")
    void example_isDescribed_andAnswered(Example example) throws Exception {
        for (Map.Entry<String, String[]> needed : NEEDED.entrySet()) {
            if (example.command.contains(needed.getKey())) {
                String body = needed.getValue()[1].replace("{us}", us.httpUri().toString());
                HearthClient.success(eu.client().post(needed.getValue()[0], body));
            }
        }

        String output = run(filledIn(example.command));

        List<ValidatingProxy.Exchange> exchanges = new ArrayList<>(euProxy.takeExchanges());
        exchanges.addAll(usProxy.takeExchanges());
        if (example.command.startsWith("curl")) {
            assertThat(exchanges).as(example.command).isNotEmpty();
        }
        for (ValidatingProxy.Exchange exchange : exchanges) {
            assertThat(exchange.problems())
                    .as("%s: %s%n%s", example, exchange.call(), output)
                    .isEmpty();
            assertThat(exchange.status()).as("%s: %s", example, output).isBetween(200, 299);
        }
    }

    /** The calls in the running text, as {@code GET /devices/{id}}: each is there, with the parameters that it is shown with. */
    @Test
    void everyCallInTheText_isDescribed() throws Exception {
        ApiContract contract = new ApiContract(eu.client().json("/q/openapi?format=json"));
        List<String> unknown = new ArrayList<>();
        int calls = 0;
        for (Path page : pages()) {
            Matcher call = CALL.matcher(Files.readString(page));
            while (call.find()) {
                calls++;
                for (String path : pathsOf(call.group(2))) {
                    if (!describes(contract, call.group(1), path, call.group(3) == null ? "" : call.group(3))) {
                        unknown.add(page + ": " + call.group());
                    }
                }
            }
        }
        assertThat(unknown).isEmpty();
        assertThat(calls).isGreaterThan(50);
    }

    @Test
    void answerOfAComparison_inTheDocs_isValid() throws Exception {
        JsonNode document = eu.client().json("/q/openapi?format=json");
        String page = Files.readString(Path.of("docs/sync.md"));
        int start = page.indexOf("{\"devices\":1,\"windows\"");
        JsonNode answer = new ObjectMapper().readTree(page.substring(start, page.indexOf("```", start)));

        assertThat(new ApiContract(document).problemsOf(document.at("/components/schemas/SyncReport"), answer))
                .isEmpty();
    }

    private static boolean describes(ApiContract contract, String method, String path, String parameters) {
        for (String prefix : List.of("", "/api/v1")) {
            String whole = prefix + path.replaceAll("\\{[^}]*}", "x");
            if (whole.endsWith("/…")
                    && contract.routes().stream()
                            .anyMatch(route -> route.template().startsWith(whole.substring(0, whole.length() - 1)))) {
                return true;
            }
            ApiContract.Route route = contract.route(method, whole).orElse(null);
            if (route != null) {
                List<String> known = route.description().path("parameters").findValuesAsText("name");
                return Stream.of(parameters.split("&", -1))
                        .map(parameter -> parameter.replaceFirst("=.*", ""))
                        .allMatch(name -> name.isEmpty() || name.equals("…") || known.contains(name));
            }
        }
        return false;
    }

    /** With and without what a path has in brackets. */
    private static List<String> pathsOf(String path) {
        return path.contains("[")
                ? List.of(path.replaceFirst("\\[.*]", ""), path.replaceAll("[\\[\\]]", ""))
                : List.of(path);
    }

    private static String run(String command) throws Exception {
        Path output = eu.directory().resolve("output");
        ProcessBuilder shell = new ProcessBuilder("bash", "-e", "-o", "pipefail", "-c", command)
                .directory(eu.directory().toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        shell.environment().putAll(variables());
        Process process = shell.start();
        try {
            assertThat(process.waitFor(2, TimeUnit.MINUTES)).as(command).isTrue();
        } finally {
            process.destroyForcibly();
        }
        String printed = new String(Files.readAllBytes(output), UTF_8);
        assertThat(process.exitValue()).as("%s%n%s", command, printed).isZero();
        return printed;
    }

    /** Every command in a block of code that has a call, in the order of the pages. */
    static List<Example> examples() throws IOException {
        List<Example> examples = new ArrayList<>();
        for (Path page : pages()) {
            List<String> lines = Files.readAllLines(page);
            int found = examples.size();
            int calls = 0;
            for (int i = 0; i < lines.size(); i++) {
                if (lines.get(i).matches(".*\\bcurl -.*")) {
                    calls++;
                }
                if (!COMMAND.matcher(lines.get(i).strip()).matches()) {
                    continue;
                }
                int first = i + 1;
                StringBuilder command = new StringBuilder(lines.get(i).strip());
                while (command.charAt(command.length() - 1) == '\\') {
                    command.setLength(command.length() - 1);
                    command.append(lines.get(++i).strip());
                }
                examples.add(new Example(page.toString(), first, command.toString()));
            }
            long parsed = examples.subList(found, examples.size()).stream()
                    .filter(example -> example.command.startsWith("curl"))
                    .count();
            assertThat(parsed)
                    .as("calls in %s that are commands of their own, of all that it has", page)
                    .isEqualTo(calls);
        }
        assertThat(examples).hasSizeGreaterThan(10);
        return examples;
    }

    private static List<Path> pages() {
        try (Stream<Path> docs = Files.walk(Path.of("docs"))) {
            return Stream.concat(Stream.of(Path.of("README.md")), docs.sorted())
                    .filter(page -> page.toString().endsWith(".md"))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
