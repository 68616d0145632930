package io.hearth.rest.param;

import io.hearth.table.Cursor;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** The parameters of a list that is answered in pages. */
public final class PageParams {
    static final int MAX_LIMIT = 1_000;
    static final int DEFAULT_LIMIT = 100;

    @RestQuery
    @Limit(max = MAX_LIMIT)
    @Parameter(
            description = "The most entries of the page.",
            schema = @Schema(type = SchemaType.INTEGER, defaultValue = "100"))
    public @Nullable String limit;

    @RestQuery
    @Parameter(description = "Where the page before ended: its nextCursor.")
    public @Nullable String cursor;

    public int limitOrDefault() {
        return limit == null ? DEFAULT_LIMIT : Integer.parseInt(limit);
    }

    @Nullable
    public Cursor startCursor() {
        return cursor == null ? null : new Cursor(cursor);
    }
}
