package io.hearth.rest.readings;

import io.hearth.model.TimeRange;
import io.hearth.rest.format.TimeForm;
import io.hearth.rest.param.Limit;
import io.hearth.rest.param.MetricList;
import io.hearth.rest.param.TimeExpression;
import io.hearth.rest.param.TimeText;
import io.hearth.rest.problem.FieldError;
import io.hearth.rest.problem.ProblemException;
import io.hearth.series.aggregate.BucketGrid;
import io.hearth.series.aggregate.BucketLimitException;
import io.hearth.series.aggregate.Every;
import io.hearth.series.aggregate.Fill;
import io.hearth.series.aggregate.Function;
import io.hearth.series.value.AggregateQuery;
import io.hearth.table.Consistency;
import jakarta.validation.constraints.Pattern;
import java.time.ZoneId;
import java.util.List;
import java.util.Set;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** The parameters of an aggregate, as text that has been validated one by one. */
public final class AggregateParams {
    private static final int DEFAULT_MAX_POINTS = 300;

    @RestQuery
    @TimeExpression
    @Parameter(
            description =
                    "Start of the range, included: RFC 3339 with an offset, an epoch number (s, ms, µs or ns, by"
                            + " magnitude), or relative (now, -24h, now-7d, now-1M, -PT5M). Without it 24 hours before the end.",
            example = "-24h")
    public @Nullable String from;

    @RestQuery
    @TimeExpression
    @Parameter(description = "End of the range, excluded. Without it now.", example = "now")
    public @Nullable String to;

    @RestQuery
    @AggregateTerm(AggregateTerm.Kind.EVERY)
    @Parameter(
            description =
                    "Width of the buckets: a duration (30s, 5m, 1h, PT5M) or days, months and years of tz's calendar"
                            + " (1d, 1w, 1M or 1mo, 1q, 1y, P1D). Without it as maxPoints says.",
            example = "5m")
    public @Nullable String every;

    @RestQuery
    @AggregateTerm(AggregateTerm.Kind.FUNCTIONS)
    @Parameter(
            description = "What to answer of each bucket, separated by commas: avg, min, max, sum, count, first, last,"
                    + " stddev, p50, p95, p99, rate, increase.",
            example = "avg,max",
            schema = @Schema(type = SchemaType.STRING, defaultValue = "avg"))
    public @Nullable String fn;

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
    @AggregateTerm(AggregateTerm.Kind.ZONE)
    @Parameter(
            description = "The zone whose midnights and calendar buckets follow.",
            example = "Europe/Berlin",
            schema = @Schema(type = SchemaType.STRING, defaultValue = "UTC"))
    public @Nullable String tz;

    @RestQuery
    @AggregateTerm(AggregateTerm.Kind.FILL)
    @Parameter(
            description =
                    "What stands where a bucket has no value: none leaves it out; null, previous and linear answer"
                            + " every bucket.",
            schema = @Schema(type = SchemaType.STRING, defaultValue = "none"))
    public @Nullable String fill;

    @RestQuery
    @Limit(max = BucketGrid.MAX_BUCKETS)
    @Parameter(
            description = "Instead of every: the finest round width of which there are at most so many buckets; 1 is"
                    + " the whole range in one bucket.",
            schema = @Schema(type = SchemaType.INTEGER, defaultValue = "300"))
    public @Nullable String maxPoints;

    @RestQuery
    @Pattern(regexp = "strong|eventual", message = "must be strong or eventual")
    @Parameter(
            description = "eventual may be cheaper on a distributed table, and miss the latest readings.",
            schema = @Schema(type = SchemaType.STRING, defaultValue = "strong"))
    public @Nullable String consistency;

    @RestQuery
    @Pattern(regexp = "rows|columns", message = "must be rows or columns")
    @Parameter(
            description =
                    "Of JSON: an object per bucket, or an array per value, which is smaller and faster for charts.",
            schema = @Schema(type = SchemaType.STRING, defaultValue = "rows"))
    public @Nullable String layout;

    @RestQuery
    @Pattern(regexp = "rfc3339|epoch", message = "must be rfc3339 or epoch")
    @Parameter(
            description = "How times are written; epoch is in milliseconds.",
            schema = @Schema(type = SchemaType.STRING, defaultValue = "rfc3339"))
    public @Nullable String ts;

    TimeForm timeForm() {
        return "epoch".equals(ts) ? TimeForm.EPOCH : TimeForm.RFC3339;
    }

    boolean inColumns() {
        return "columns".equals(layout);
    }

    /** The metrics asked for, in the order they were; empty asks for all. */
    List<String> metricNames() {
        return MetricList.Names.of(metrics, metric);
    }

    /**
     * The question that the parameters ask.
     *
     * @param nowMicros what {@code now} is
     * @throws ProblemException they contradict each other, or ask for more buckets than one answer may have
     */
    AggregateQuery query(long nowMicros) {
        if (every != null && maxPoints != null) {
            throw ProblemException.invalid(List.of(
                    new FieldError("every", "is chosen by maxPoints; give one of them"),
                    new FieldError("maxPoints", "chooses every; give one of them")));
        }
        TimeRange range = TimeText.range(from, to, nowMicros, nowMicros);
        ZoneId zone = AggregateTerm.Kind.zoneOf(tz == null ? "UTC" : tz);
        List<Function> functions = fn == null ? List.of(Function.AVG) : AggregateTerm.Kind.functionsOf(fn);
        AggregateQuery query = new AggregateQuery(
                grid(range, zone),
                functions,
                fill == null ? Fill.NONE : Fill.parse(fill),
                Set.copyOf(metricNames()),
                "eventual".equals(consistency) ? Consistency.EVENTUAL : Consistency.STRONG);
        try {
            query.check();
        } catch (BucketLimitException e) {
            throw tooMany(e);
        }
        return query;
    }

    private BucketGrid grid(TimeRange range, ZoneId zone) {
        try {
            if (every != null) {
                return BucketGrid.of(range, Every.parse(every), zone);
            }
            int points = maxPoints == null ? DEFAULT_MAX_POINTS : Integer.parseInt(maxPoints);
            return BucketGrid.atMost(points, range, zone);
        } catch (BucketLimitException e) {
            throw tooMany(e);
        } catch (IllegalArgumentException e) {
            throw ProblemException.invalid(new FieldError("from", "is too early: " + e.getMessage()));
        }
    }

    /** The problem that the answer would have too many buckets. */
    ProblemException tooMany(BucketLimitException e) {
        return ProblemException.invalid(
                new FieldError(every == null ? "maxPoints" : "every", "is out of bounds: " + e.getMessage()));
    }
}
