package io.hearth.rest.intake;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.stream.Collectors;

/**
 * What InfluxDB answers to a write: 204 for all of it, or an error that tells which lines were left out. Clients know by
 * the words "partial write" that sending again would not help.
 */
record LineWriteAnswer(IngestAnswer result) {
    private static final int MAX_LISTED = 10;

    Response asVersion2() {
        return answer(object().put("code", "invalid").put("message", message()));
    }

    Response asVersion1() {
        return answer(object().put("error", message()));
    }

    private Response answer(ObjectNode error) {
        if (result.rejectedTotal() == 0) {
            return Response.noContent().build();
        }
        return Response.status(400)
                .type(MediaType.APPLICATION_JSON_TYPE)
                .entity(error)
                .build();
    }

    private String message() {
        String listed = result.rejected().stream()
                .limit(MAX_LISTED)
                .map(line -> "line " + (line.index() + 1) + ": " + line.detail())
                .collect(Collectors.joining("; "));
        long more = result.rejectedTotal() - MAX_LISTED;
        return "partial write: " + result.stored() + " readings stored, " + result.rejectedTotal() + " lines not: "
                + listed + (more > 0 ? "; and " + more + " more" : "");
    }

    private static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }
}
