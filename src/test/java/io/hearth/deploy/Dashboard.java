package io.hearth.deploy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** A dashboard of Grafana as it lies in the repository. */
record Dashboard(String file, JsonNode json) {
    private static final Path DIRECTORY = Path.of("grafana-dashboards", "dashboards");
    private static final ObjectMapper MAPPER = new ObjectMapper();

    /**
     * A query of a panel.
     *
     * @param row the title of the row that the panel stands in
     * @param source the variable of its data source: {@code metrics} for a Prometheus that scrapes Hearth, {@code hearth} for
     *     Hearth's read API
     */
    record Query(String row, String panel, String source, String expression, boolean instant) {}

    static List<Dashboard> all() {
        try (Stream<Path> files = Files.list(DIRECTORY)) {
            List<Dashboard> dashboards = new ArrayList<>();
            for (Path file : files.sorted().toList()) {
                dashboards.add(new Dashboard(file.getFileName().toString(), MAPPER.readTree(Files.readString(file))));
            }
            return dashboards;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Its panels, without the rows. */
    List<JsonNode> panels() {
        return each(json.path("panels"))
                .filter(panel -> !panel.path("type").asText().equals("row"))
                .toList();
    }

    List<JsonNode> variables() {
        return each(json.path("templating").path("list")).toList();
    }

    List<Query> queries() {
        List<Query> queries = new ArrayList<>();
        String row = "";
        for (JsonNode panel : json.path("panels")) {
            if (panel.path("type").asText().equals("row")) {
                row = panel.path("title").asText();
            }
            for (JsonNode target : panel.path("targets")) {
                queries.add(new Query(
                        row,
                        panel.path("title").asText(),
                        target.path("datasource").path("uid").asText().replaceAll("[${}]", ""),
                        target.path("expr").asText(),
                        target.path("instant").asBoolean()));
            }
        }
        return queries;
    }

    static Stream<JsonNode> each(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false);
    }

    @Override
    public String toString() {
        return file;
    }
}
