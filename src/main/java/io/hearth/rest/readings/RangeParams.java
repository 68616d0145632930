package io.hearth.rest.readings;

import io.hearth.model.DeviceId;
import io.hearth.model.TimeRange;
import io.hearth.rest.format.TimeForm;
import io.hearth.rest.param.DeviceIdText;
import io.hearth.rest.param.Limit;
import io.hearth.rest.param.MetricList;
import io.hearth.rest.param.TimeExpression;
import io.hearth.rest.param.TimeText;
import io.hearth.rest.problem.FieldError;
import io.hearth.rest.problem.ProblemException;
import io.hearth.table.Consistency;
import io.hearth.table.Direction;
import jakarta.validation.constraints.Pattern;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.jboss.resteasy.reactive.RestPath;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** The parameters of a range query, as text that has been validated one by one. */
public final class RangeParams {
    static final int MAX_LIMIT = 100_000;

    @RestPath
    @DeviceIdText
    @Parameter(description = "The device.", example = "thermostat-1")
    public String id = "";

    @RestQuery
    @TimeExpression
    @Parameter(
            description = "Start of the range, included: RFC 3339 with an offset, an epoch number (s, ms, µs or ns, by"
                    + " magnitude), or relative (now, -24h, now-7d, now-1M, -PT5M). Without it 24 hours before the end, or before"
                    + " now.",
            example = "-24h")
    public @Nullable String from;

    @RestQuery
    @TimeExpression
    @Parameter(description = "End of the range, excluded. Without it everything from the start on.", example = "now")
    public @Nullable String to;

    @RestQuery
    @MetricList
    @Parameter(
            description = "Metrics to answer, separated by commas; all without it.",
            example = "temperature,humidity")
    public @Nullable String metrics;

    @RestQuery
    @MetricList
    @Parameter(description = MetricList.ONE_EACH)
    public List<String> metric = List.of();

    @RestQuery
    @Pattern(regexp = "asc|desc", message = "must be asc or desc")
    @Parameter(description = "By device time, ascending or descending.", schema = @Schema(defaultValue = "asc"))
    public @Nullable String order;

    @RestQuery
    @Limit(max = MAX_LIMIT)
    @Parameter(
            description = "The most readings of the page. Without it 10,000 in JSON; CSV and NDJSON then have the whole"
                    + " range.",
            schema = @Schema(type = org.eclipse.microprofile.openapi.annotations.enums.SchemaType.INTEGER))
    public @Nullable String limit;

    @RestQuery
    @Parameter(description = "Where the page before ended: its nextCursor. Keep the other parameters as they were.")
    public @Nullable String cursor;

    @RestQuery
    @Pattern(regexp = "strong|eventual", message = "must be strong or eventual")
    @Parameter(
            description = "eventual may be cheaper on a distributed table, and miss the latest readings.",
            schema = @Schema(defaultValue = "strong"))
    public @Nullable String consistency;

    @RestQuery
    @Pattern(regexp = "rows|columns", message = "must be rows or columns")
    @Parameter(
            description =
                    "Of JSON: an object per reading, or an array per metric, which is smaller and faster for charts.",
            schema = @Schema(defaultValue = "rows"))
    public @Nullable String layout;

    @RestQuery
    @Pattern(regexp = "rfc3339|epoch", message = "must be rfc3339 or epoch")
    @Parameter(
            description = "How times are written; epoch is in milliseconds.",
            schema = @Schema(defaultValue = "rfc3339"))
    public @Nullable String ts;

    TimeForm timeForm() {
        return "epoch".equals(ts) ? TimeForm.EPOCH : TimeForm.RFC3339;
    }

    DeviceId device() {
        return new DeviceId(id);
    }

    Direction direction() {
        return "desc".equals(order) ? Direction.DESCENDING : Direction.ASCENDING;
    }

    Consistency readConsistency() {
        return "eventual".equals(consistency) ? Consistency.EVENTUAL : Consistency.STRONG;
    }

    /** The metrics asked for, in the order they were; empty asks for all. */
    List<String> metricNames() {
        return MetricList.Names.of(metrics, metric);
    }

    /** The limit, or {@code otherwise} if there is none. */
    int limitOr(int otherwise) {
        return limit == null ? otherwise : Integer.parseInt(limit);
    }

    /**
     * The range that is asked for: what the cursor has left, or from and to.
     *
     * @param nowMicros what {@code now} is
     * @throws ProblemException from is behind to, or the cursor is not one of this query
     */
    TimeRange range(long nowMicros) {
        return cursor == null ? TimeText.range(from, to, Long.MAX_VALUE, nowMicros) : restOf(cursor);
    }

    private TimeRange restOf(String text) {
        RangeCursor decoded;
        try {
            decoded = RangeCursor.decode(text);
        } catch (IllegalArgumentException e) {
            throw ProblemException.invalid(new FieldError("cursor", "is not a cursor of this service"));
        }
        boolean sameRange = from == null && to == null || decoded.rangeText() == rangeFingerprint();
        if (decoded.question() != questionFingerprint() || !sameRange) {
            throw ProblemException.invalid(new FieldError(
                    "cursor", "is from another query: keep device, range, metrics and order as they were"));
        }
        return decoded.rest();
    }

    /** Continues this query where {@code rest} is left of its range. */
    String cursorFor(TimeRange rest) {
        long rangeText = cursor == null || from != null || to != null
                ? rangeFingerprint()
                : RangeCursor.decode(cursor).rangeText();
        return new RangeCursor(rest, questionFingerprint(), rangeText).encode();
    }

    private long questionFingerprint() {
        List<@Nullable String> parts =
                new ArrayList<>(Arrays.asList(id, direction().name()));
        parts.addAll(new TreeSet<>(metricNames()));
        return RangeCursor.fingerprint(parts);
    }

    private long rangeFingerprint() {
        return RangeCursor.fingerprint(Arrays.asList(from, to));
    }
}
