package io.hearth.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.config.AllSettings;
import io.hearth.config.BackupConfig;
import io.hearth.config.HearthConfig;
import io.hearth.config.MqttConfig;
import io.hearth.config.SettingNames;
import io.hearth.config.TableConfig;
import io.hearth.deploy.Chart;
import io.hearth.mqtt.external.ExternalConnector;
import io.hearth.security.Listeners;
import io.hearth.table.memory.MemoryTable;
import io.quarkus.opentelemetry.runtime.config.runtime.OTelRuntimeConfig;
import io.quarkus.opentelemetry.runtime.config.runtime.exporter.OtlpExporterRuntimeConfig;
import io.quarkus.runtime.logging.LogRuntimeConfig;
import io.quarkus.runtime.shutdown.ShutdownConfig;
import io.quarkus.vertx.http.runtime.VertxHttpConfig;
import io.smallrye.config.ConfigMappings;
import io.smallrye.config.ConfigMappings.ConfigClass;
import io.smallrye.config.SmallRyeConfig;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.SSLSocketFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every set of settings that the README, the pages below docs, the image and the chart show is taken by what checks and uses
 * settings at a start. What a start needs beside them, such as a broker or a cluster, is not there.
 */
class SettingExamplesTest {
    private static final Pattern FENCED = Pattern.compile("(?ms)^```[a-z]*\\n(.*?)^```");
    private static final Pattern INLINE = Pattern.compile("`([^`\n]+)`");
    private static final Pattern ASSIGNMENT = Pattern.compile(
            "\\G\\s*(?:export )?((?:HEARTH|QUARKUS)_[A-Z0-9_]+)=(\"[^\"]*\"|'[^']*'|(?:<[^>]*>|[^\\s\"'])*)(?=\\s|$)");
    private static final Pattern IN_YAML = Pattern.compile("((?:HEARTH|QUARKUS)_[A-Z0-9_]+): ([^,}\n]+)");
    private static final Pattern HELM = Pattern.compile("helm (?:install|upgrade) hearth [^`\n]+");
    private static final Pattern PLACEHOLDER = Pattern.compile("<[^>]*>|…|\\$\\w+");

    /** Fits everything that a placeholder stands for. */
    private static final String SOMETHING = "a-value-from-elsewhere";

    /** Those of Quarkus that have names in examples. */
    private static final List<Class<?>> OF_QUARKUS = List.of(
            VertxHttpConfig.class,
            LogRuntimeConfig.class,
            ShutdownConfig.class,
            OTelRuntimeConfig.class,
            OtlpExporterRuntimeConfig.class);

    @TempDir
    Path directory;

    /** A set of settings and where it stands. */
    record Example(String place, Map<String, String> variables) {
        @Override
        public String toString() {
            return place + ": " + variables;
        }
    }

    static Stream<Example> documented() throws IOException {
        List<Example> examples = new ArrayList<>();
        List<Path> pages = new ArrayList<>(List.of(Path.of("README.md"), Path.of("device-simulator", "README.md")));
        pages.addAll(filesBelow(Path.of("docs"), ".md"));
        for (Path page : pages) {
            collect(page.toString(), Files.readString(page), examples);
        }
        for (Path file : filesBelow(Path.of("helm", "hearth"), ".yaml")) {
            Matcher shown = IN_YAML.matcher(Files.readString(file));
            while (shown.find()) {
                examples.add(new Example(
                        file.toString(), Map.of(shown.group(1), shown.group(2).strip())));
            }
        }
        String image = Files.readString(Path.of("Dockerfile")).replace("\\\n", " ");
        Matcher environment = Pattern.compile("(?m)^ENV (.*)$").matcher(image);
        while (environment.find()) {
            String ours = Arrays.stream(environment.group(1).split("\\s+"))
                    .filter(word -> word.matches("(HEARTH|QUARKUS)_.*"))
                    .collect(Collectors.joining(" "));
            addTo(examples, "Dockerfile", ours, true);
        }
        return examples.stream();
    }

    static Stream<Path> charts() {
        return Chart.examples().stream();
    }

    @ParameterizedTest
    @MethodSource("documented")
    void example_ofReadmeDocsOrImage_starts(Example example) throws Exception {
        assertStarts(example.variables);
    }

    @ParameterizedTest
    @MethodSource("charts")
    void example_ofTheChart_starts(Path values) throws Exception {
        assertStarts(Chart.copyTo(directory).environment(Files.readString(values), Map.of(), SOMETHING));
    }

    static Stream<String> helmCommands() throws IOException {
        List<String> commands = new ArrayList<>();
        List<Path> pages = new ArrayList<>(List.of(Path.of("README.md")));
        pages.addAll(filesBelow(Path.of("docs"), ".md"));
        for (Path page : pages) {
            HELM.matcher(Files.readString(page).replace("\\\n", " "))
                    .results()
                    .forEach(command -> commands.add(command.group()));
        }
        return commands.stream();
    }

    @ParameterizedTest
    @MethodSource("helmCommands")
    void command_ofHelm_installsWhatStarts(String command) throws Exception {
        String values = "{}";
        Map<String, String> sets = new LinkedHashMap<>();
        Matcher option = Pattern.compile(" (-f|--set) (\\S+)").matcher(command);
        while (option.find()) {
            if (option.group(1).equals("-f")) {
                values = Files.readString(Path.of(option.group(2)));
            } else {
                String[] set = option.group(2).split("=", 2);
                sets.put(set[0], set[1]);
            }
        }
        assertStarts(Chart.copyTo(directory).environment(values, sets, SOMETHING));
    }

    @Test
    void defaults_ofTheChart_start() throws Exception {
        assertStarts(Chart.copyTo(directory).environment("{}", Map.of(), SOMETHING));
    }

    /** So that a change of their form does not leave this test without examples. */
    @Test
    void examples_ofEveryKind_areFound() throws IOException {
        List<Example> examples = documented().toList();
        // In a sentence, in a block with a command, over several lines, in YAML, in the image.
        assertThat(examples)
                .anySatisfy(example -> assertThat(example.variables).isEqualTo(Map.of("HEARTH_MQTT_MODE", "external")))
                .anySatisfy(example -> assertThat(example.variables).containsOnlyKeys("HEARTH_BACKUP_DIR"))
                .anySatisfy(example ->
                        assertThat(example.variables).hasSize(3).containsEntry("HEARTH_DYNAMODB_CREATE", "true"))
                .anySatisfy(example -> assertThat(example.variables)
                        .containsEntry("HEARTH_REGION", "us")
                        .containsEntry("HEARTH_SYNC_PEERS", "eu=https://eu.example.org"))
                .anySatisfy(example -> assertThat(example.variables)
                        .containsKeys("HEARTH_SERIES_ROLLUP_ZONE", "HEARTH_SERIES_ROLLUPS"))
                .anySatisfy(example -> assertThat(example.place).endsWith("values.yaml"))
                .anySatisfy(example -> assertThat(example.place).isEqualTo("Dockerfile"));
        assertThat(helmCommands()).isNotEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            HEARTH_MQTT_PROT=1884                                      | HEARTH_MQTT_PROT is no setting
            QUARKUS_HTTP_PROT=8081                                     | QUARKUS_HTTP_PROT
            HEARTH_RETENTION=-5d                                       | hearth.retention must be
            HEARTH_TABLE_BLOCK_CACHE=512Mi                             | hearth.table.block-cache
            HEARTH_AUTH=enabled                                        | hearth.auth
            HEARTH_SERIES_ROLLUPS="1h for a year"                      | HEARTH_SERIES_ROLLUPS
            HEARTH_SYNC_PEERS=https://eu.example.org                   | HEARTH_SYNC_PEERS
            HEARTH_MQTT_MODE=external HEARTH_MQTT_EXTERNAL_CONNECTIONS=2 | HEARTH_MQTT_EXTERNAL_CONNECTIONS
            HEARTH_TABLE_ENGINE=memory HEARTH_BACKUP_DIR=/mnt/backups  | hearth.backup.dir
            QUARKUS_HTTP_PORT=80800                                    | QUARKUS_HTTP_PORT must be
            HEARTH_AUTH=off QUARKUS_HTTP_HOST=0.0.0.0                  | HEARTH_AUTH=off
            """)
    void example_wrong_isFound(String line, String reason) {
        List<Example> examples = new ArrayList<>();
        collect("a page", "```\n" + line + " \\\n  java -jar hearth.jar\n```\n", examples);

        assertThat(examples).hasSize(1);
        assertThatThrownBy(() -> assertStarts(examples.get(0).variables)).hasStackTraceContaining(reason);
    }

    private static void collect(String place, String text, List<Example> examples) {
        Matcher fenced = FENCED.matcher(text);
        while (fenced.find()) {
            addTo(examples, place, fenced.group(1).replace("\\\n", " "), false);
        }
        Matcher inline = INLINE.matcher(FENCED.matcher(text).replaceAll(""));
        while (inline.find()) {
            addTo(examples, place, inline.group(1), true);
        }
    }

    /** Adds the sets of a text; a variable that comes again begins another set. */
    private static void addTo(List<Example> examples, String place, String text, boolean alone) {
        Map<String, String> set = new LinkedHashMap<>();
        for (String line : text.lines().toList()) {
            Map<String, String> ofLine = new LinkedHashMap<>();
            Matcher assignment = ASSIGNMENT.matcher(line);
            int end = 0;
            while (assignment.find()) {
                ofLine.put(assignment.group(1), unquoted(assignment.group(2)));
                end = assignment.end();
            }
            String command = line.substring(end).strip();
            if (ofLine.isEmpty() || !(command.isEmpty() || command.startsWith("java ") || alone)) {
                continue; // for another program
            }
            if (ofLine.keySet().stream().anyMatch(set::containsKey)) {
                examples.add(new Example(place, set));
                set = new LinkedHashMap<>();
            }
            set.putAll(ofLine);
        }
        if (!set.isEmpty()) {
            examples.add(new Example(place, set));
        }
    }

    private static String unquoted(String word) {
        return PLACEHOLDER
                .matcher(word.matches("\".*\"|'.*'") ? word.substring(1, word.length() - 1) : word)
                .replaceAll(SOMETHING);
    }

    private void assertStarts(Map<String, String> shown) throws Exception {
        assertThat(shown.keySet())
                .filteredOn(name -> name.startsWith("QUARKUS_"))
                .allMatch(name -> namesOfQuarkus().matcher(name).matches());
        Map<String, String> variables = new HashMap<>(shown);
        // Where a test may write.
        variables.put("HEARTH_DATA_DIR", directory.resolve("data").toString());
        variables.computeIfPresent(
                "HEARTH_BACKUP_DIR",
                (name, path) -> directory.resolve("backups").toString());
        SmallRyeConfig config = AllSettings.ofEnvironment(variables);
        HearthConfig hearth = config.getConfigMapping(HearthConfig.class);
        MqttConfig mqtt = config.getConfigMapping(MqttConfig.class);
        new Listeners(
                        hearth,
                        mqtt,
                        variables.getOrDefault("QUARKUS_HTTP_HOST", "127.0.0.1"),
                        Integer.parseInt(variables.getOrDefault("QUARKUS_HTTP_PORT", "8080")))
                .refuseIfOpenToStrangers();
        if (mqtt.mode() == MqttConfig.Mode.EXTERNAL) {
            checkForBroker(mqtt);
        }
        if (config.getConfigMapping(TableConfig.class).engine() != TableConfig.Engine.ROCKSDB) {
            new BackupWiring()
                    .backups(
                            new MemoryTable(Clock.systemUTC()),
                            hearth,
                            config.getConfigMapping(BackupConfig.class),
                            Clock.systemUTC());
        }
        try (WiredService wired = new WiredService()) {
            wired.make(config);
        }
    }

    private static void checkForBroker(MqttConfig mqtt) throws Exception {
        Constructor<?> options = Class.forName(ExternalConnector.class.getPackageName() + ".BrokerOptions")
                .getDeclaredConstructor(MqttConfig.class, SSLSocketFactory.class);
        options.setAccessible(true);
        try {
            options.newInstance(mqtt, null);
        } catch (InvocationTargetException e) {
            throw new AssertionError(e.getCause());
        }
    }

    private static Pattern namesOfQuarkus() {
        return Pattern.compile(OF_QUARKUS.stream()
                .flatMap(mapping -> ConfigMappings.getProperties(ConfigClass.configClass(mapping)).keySet().stream())
                .map(property -> Arrays.stream(property.split("\\*", -1))
                        .map(SettingNames::variableOf)
                        .collect(Collectors.joining("_.+_")))
                .distinct()
                .collect(Collectors.joining("|")));
    }

    private static List<Path> filesBelow(Path folder, String suffix) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(suffix))
                    .sorted()
                    .toList();
        }
    }
}
