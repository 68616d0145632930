package io.hearth.rest.http;

import io.hearth.rest.problem.FieldError;
import io.hearth.rest.problem.ProblemException;
import jakarta.ws.rs.NotAcceptableException;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Request;
import jakarta.ws.rs.core.Variant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The forms in which readings and buckets are answered. */
public enum AnswerForm {
    JSON(MediaType.APPLICATION_JSON_TYPE),
    CSV(new MediaType("text", "csv", "utf-8")),
    NDJSON(new MediaType("application", "x-ndjson"));

    private static final List<Variant> VARIANTS =
            Variant.mediaTypes(JSON.mediaType, CSV.mediaType, NDJSON.mediaType).build();

    private final MediaType mediaType;

    AnswerForm(MediaType mediaType) {
        this.mediaType = mediaType;
    }

    public MediaType mediaType() {
        return mediaType;
    }

    /**
     * The form that a request prefers.
     *
     * @param layout what it says about the layout, which only JSON has
     */
    public static AnswerForm of(Request request, @Nullable String layout) {
        Variant variant = request.selectVariant(VARIANTS);
        if (variant == null) {
            throw new NotAcceptableException();
        }
        for (AnswerForm form : values()) {
            if (variant.getMediaType().isCompatible(form.mediaType)) {
                if (form != JSON && layout != null) {
                    throw ProblemException.invalid(new FieldError("layout", "is only for application/json"));
                }
                return form;
            }
        }
        throw new NotAcceptableException();
    }
}
