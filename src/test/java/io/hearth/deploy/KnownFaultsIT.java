package io.hearth.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Holds the bills of materials that the build made, of the service and of the simulator, against the faults listed in
 * {@code known-faults.json}.
 */
class KnownFaultsIT {
    private static final Path SERVICE = Path.of("target", "hearth-sbom.json");
    private static final Path SIMULATOR = Path.of("device-simulator", "target", "device-simulator-sbom.json");
    private static final Path FAULTS = Path.of("src", "test", "resources", "known-faults.json");
    private static final Pattern PREVIEW = Pattern.compile("(?i)[.-]?(alpha|beta|m|cr|rc|snapshot)[.-]?[0-9]*$");
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Of each bill, the versions by group and name. */
    private static final Map<Path, Map<String, String>> bills = new TreeMap<>();

    @SuppressWarnings("NullAway.Init") // set by read
    private static JsonNode faults;

    @BeforeAll
    static void read() throws IOException {
        faults = JSON.readTree(Files.readAllBytes(FAULTS));
        for (Path bill : List.of(SERVICE, SIMULATOR)) {
            Map<String, String> versions = new TreeMap<>();
            for (JsonNode component : JSON.readTree(Files.readAllBytes(bill)).get("components")) {
                versions.put(
                        component.path("group").asText() + ":"
                                + component.path("name").asText(),
                        component.path("version").asText());
            }
            bills.put(bill, versions);
        }
    }

    /** By the numbers, with words such as {@code Final} left out; of equal numbers a preview is before the release. */
    private static boolean isBelow(String version, String fixedIn) {
        int order = Arrays.compare(numbers(version), numbers(fixedIn));
        return order < 0 || (order == 0 && PREVIEW.matcher(version).find());
    }

    private static int[] numbers(String version) {
        return Pattern.compile("[0-9]+")
                .matcher(PREVIEW.matcher(version).replaceFirst(""))
                .results()
                .mapToInt(number -> Integer.parseInt(number.group()))
                .toArray();
    }

    /** What of a fault is in the bills. */
    private static List<String> hits(JsonNode fault) {
        List<String> hits = new ArrayList<>();
        bills.forEach((bill, versions) -> {
            for (JsonNode name : fault.get("packages")) {
                String version = versions.get(name.asText());
                if (version != null && isBelow(version, fault.get("fixedIn").asText())) {
                    hits.add(bill + ": " + name.asText() + " " + version + " has " + fault.get("ids") + ", fixed in "
                            + fault.get("fixedIn").asText() + ": "
                            + fault.get("what").asText());
                }
            }
        });
        return hits;
    }

    @Test
    void bills_areCycloneDxOfWhatRunsAlone() throws IOException {
        for (Path bill : bills.keySet()) {
            assertThat(JSON.readTree(Files.readAllBytes(bill)).get("bomFormat").asText())
                    .isEqualTo("CycloneDX");
        }
        assertThat(bills.get(SERVICE)).containsKeys("org.rocksdb:rocksdbjni", "io.netty:netty-codec-mqtt");
        assertThat(bills.get(SIMULATOR))
                .containsKeys("org.hdrhistogram:HdrHistogram", "com.fasterxml.jackson.core:jackson-core");
        assertThat(bills.values())
                .allSatisfy(versions -> assertThat(versions.keySet())
                        .noneMatch(name -> name.matches("org\\.(junit|assertj).*|com\\.google\\.errorprone:.*core")));
    }

    @Test
    void fault_ofAPackageInBothBills_isFoundInBoth() throws IOException {
        JsonNode fault = JSON.readTree("""
                {"packages": ["com.fasterxml.jackson.core:jackson-core"], "fixedIn": "999.0", "ids": ["X"], "what": "none"}
                """);

        assertThat(hits(fault))
                .hasSize(2)
                .anyMatch(hit -> hit.startsWith(SERVICE.toString()))
                .anyMatch(hit -> hit.startsWith(SIMULATOR.toString()));
    }

    @Test
    void bills_againstKnownFaults_haveNoneThatIsReached() {
        List<String> reached = new ArrayList<>();
        for (JsonNode fault : faults.get("faults")) {
            if (!fault.has("notReached")) {
                reached.addAll(hits(fault));
            }
        }

        assertThat(reached).isEmpty();
    }

    /** So that an excuse does not outlive the version it was for. */
    @Test
    void faultsThatAreNotReached_areInABillAndSayWhy() {
        for (JsonNode fault : faults.get("faults")) {
            if (fault.has("notReached")) {
                assertThat(fault.get("notReached").asText()).isNotBlank();
                assertThat(hits(fault))
                        .as("%s is in no bill any more: take notReached out", fault.get("ids"))
                        .isNotEmpty();
            }
        }
    }

    /** The reason why the faults of policies by path are not reached. */
    @Test
    void settingsOfQuarkus_haveNoPolicyByPath() throws IOException {
        assertThat(Path.of("src", "main", "resources", "application.properties"))
                .content()
                .doesNotContain("quarkus.http.auth.");
    }

    @Test
    void list_hasADateAndPackagesThatAreThere() {
        assertThat(LocalDate.parse(faults.get("asOf").asText())).isAfter(LocalDate.of(2026, 1, 1));
        for (JsonNode fault : faults.get("faults")) {
            for (JsonNode name : fault.get("packages")) {
                assertThat(bills.values())
                        .as("a misspelt package is never found")
                        .anyMatch(versions -> versions.containsKey(name.asText()));
            }
        }
    }

    @Test
    void versions_areComparedByTheirNumbers() {
        assertThat(isBelow("4.1.130.Final", "4.1.137.Final")).isTrue();
        assertThat(isBelow("4.1.137.Final", "4.1.137.Final")).isFalse();
        assertThat(isBelow("2.0.3", "2.0.10")).isTrue();
        assertThat(isBelow("4.1.137.CR1", "4.1.137.Final")).isTrue();
        assertThat(isBelow("4.2.0.Final", "4.1.137.Final")).isFalse();
    }
}
