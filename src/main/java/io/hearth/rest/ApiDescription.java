package io.hearth.rest;

import static java.util.Map.entry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.smallrye.openapi.OpenApiFilter;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.media.Content;
import org.eclipse.microprofile.openapi.models.media.MediaType;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.parameters.Parameter;
import org.eclipse.microprofile.openapi.models.security.SecurityScheme;
import org.jboss.jandex.IndexView;
import org.jspecify.annotations.Nullable;

/** Adds to the OpenAPI document what holds for every operation: the token, and the problems that any may answer. */
@OpenApiFilter(OpenApiFilter.RunStage.BUILD)
public class ApiDescription implements OASFilter {
    private static final String TOKEN = "token";
    /** What parameters are that mean the same everywhere and say nothing of their own. */
    private static final Map<String, String> PARAMETERS = Map.ofEntries(
            entry("id", "The device."),
            entry("device", "The device."),
            entry("thing", "The device."),
            entry("name", "The name of the shadow."),
            entry("reason", "Only letters with this reason."),
            entry("segment", "Which segment, from 0 on; 0 if left out."),
            entry("segments", "Of how many; 1 if left out."),
            entry("If-Match", "Only if the version is the one of this ETag; with * only if there is one."),
            entry("If-None-Match", "ETags of versions that the client has: one of them is answered with 304."),
            entry("Content-Encoding", "gzip, if the body is packed."));

    private static final Map<String, String> TAGS = Map.ofEntries(
            entry("Ingest", "Readings in, as JSON and NDJSON."),
            entry("InfluxDB", "Readings in, as clients of InfluxDB write them."),
            entry("Readings", "Readings out: ranges, aggregates, latest values."),
            entry("Devices", "Which devices there are, and whether they are connected."),
            entry("Shadows", "Desired and reported state of devices."),
            entry("AWS IoT", "Shadows, as AWS SDKs ask for them."),
            entry("Live stream", "What happens, as it happens."),
            entry("Dead letters", "What could not be stored."),
            entry("Export and import", "Readings as files."),
            entry("Erasure", "Readings and devices that are to be gone."),
            entry("Sync", "Other regions: peers, changes, comparison."),
            entry("Backups", "Backups of the embedded engine."),
            entry("Operations", "Health and metrics."),
            entry("Maintenance", "What the service does by itself, done now."),
            entry("Prometheus", "The read API of Prometheus, for Grafana."));

    private final IndexView index;

    /** @param index of the classes of the service */
    public ApiDescription(IndexView index) {
        this.index = index;
    }

    @Override
    public void filterOpenAPI(OpenAPI api) {
        ForeignRoutes.describe(api);
        describeReadings(api);
        NullableFields.describe(api.getComponents().getSchemas(), index);
        api.setServers(
                List.of(OASFactory.createServer().url("/").description("The service that answered this document.")));
        api.setTags(TAGS.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(tag -> OASFactory.createTag().name(tag.getKey()).description(tag.getValue()))
                .toList());
        api.setInfo(OASFactory.createInfo()
                .title("Hearth")
                .contact(OASFactory.createContact().name("The Hearth project"))
                .license(OASFactory.createLicense()
                        .name("Apache License 2.0")
                        .url("https://www.apache.org/licenses/LICENSE-2.0"))
                .version("v1")
                .description(
                        "Telemetry of smart homes: readings in, ranges and latest values out. Times are RFC 3339 UTC;"
                                + " ranges are half-open. Lists page with `limit` and `cursor`. Every error is"
                                + " `application/problem+json` (RFC 9457): 404 on a path that is not here, 405 with"
                                + " `Allow` for a method that a path does not take. Only a target that is no URI (RFC 3986) is"
                                + " refused with 400 and no body. HEAD is answered as GET, without the body. An empty parameter is the same as none.\n\n"
                                + "To try calls in Swagger UI press **Authorize** first and paste the admin token: the password"
                                + " with which the page was opened opens only the page."));
        api.getComponents()
                .addSecurityScheme(
                        TOKEN,
                        OASFactory.createSecurityScheme()
                                .type(SecurityScheme.Type.HTTP)
                                .scheme("bearer")
                                .description(
                                        "The admin token, as in the file `secrets/admin-token` of the data directory."));
        ProblemResponses.addSchemas(api.getComponents());
        api.addSecurityRequirement(OASFactory.createSecurityRequirement().addScheme(TOKEN));
        api.getPaths()
                .getPathItems()
                .forEach((path, item) -> item.getOperations().values().forEach(operation -> {
                    if (operation.getDescription() == null) {
                        operation.setDescription(operation.getSummary() + ".");
                    }
                    describeParameters(path, operation);
                    quoteLines(operation);
                    if (!path.contains("/things/")
                            && !path.startsWith(ForeignRoutes.OPERATIONS)
                            && operation.getSecurity() == null) {
                        ProblemResponses.addTo(operation);
                    }
                }));
    }

    private static void describeParameters(String path, Operation operation) {
        if (operation.getParameters() == null) {
            return;
        }
        for (Parameter parameter : operation.getParameters()) {
            if (parameter.getDescription() == null) {
                parameter.setDescription(describedOf(path, parameter.getName()));
            }
        }
    }

    private static @Nullable String describedOf(String path, String name) {
        if (name.equals("id") && !path.contains("/devices/")) {
            return path.contains("/backups/") ? "The backup." : "The dead letter.";
        }
        return path.startsWith(ForeignRoutes.PROMETHEUS) && name.equals("name") ? "The label." : PARAMETERS.get(name);
    }

    /** A reading has any fields; an array of them is a body, too. */
    private static void describeReadings(OpenAPI api) {
        api.getComponents()
                .addSchema(
                        "Reading",
                        object().description(
                                        "One reading: `ts` if it has a time of its own, and metrics, or `values` with metrics.")
                                .examples(List.of(Map.of("temperature", 21.5, "motion", true))));
        Schema reading = OASFactory.createSchema().ref("#/components/schemas/Reading");
        Operation store =
                api.getPaths().getPathItem("/api/v1/devices/{id}/readings").getPOST();
        store.getRequestBody()
                .getContent()
                .getMediaType("application/json")
                .schema(OASFactory.createSchema()
                        .addAnyOf(reading)
                        .addAnyOf(OASFactory.createSchema()
                                .type(List.of(Schema.SchemaType.ARRAY))
                                .items(reading)));
    }

    /** Examples of NDJSON are texts, which the annotations' reader takes for the object that they begin with. */
    private static void quoteLines(Operation operation) {
        if (operation.getRequestBody() != null) {
            quoteLines(operation.getRequestBody().getContent());
        }
        operation.getResponses().getAPIResponses().values().forEach(response -> quoteLines(response.getContent()));
    }

    private static void quoteLines(@Nullable Content content) {
        MediaType lines = content == null ? null : content.getMediaType("application/x-ndjson");
        if (lines == null || lines.getExamples() == null) {
            return;
        }
        lines.getExamples().values().forEach(example -> {
            try {
                if (!(example.getValue() instanceof String)) {
                    example.setValue(new ObjectMapper().writeValueAsString(example.getValue()) + "\n");
                }
            } catch (JsonProcessingException e) {
                throw new IllegalStateException("an example is always writable", e);
            }
        });
    }

    private static Schema object() {
        return OASFactory.createSchema().type(List.of(Schema.SchemaType.OBJECT));
    }
}
