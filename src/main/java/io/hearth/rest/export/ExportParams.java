package io.hearth.rest.export;

import io.hearth.model.TimeRange;
import io.hearth.rest.param.DeviceIdList;
import io.hearth.rest.param.MetricList;
import io.hearth.rest.param.TimeExpression;
import io.hearth.rest.param.TimeText;
import io.hearth.rest.problem.FieldError;
import io.hearth.rest.problem.ProblemException;
import jakarta.validation.constraints.Pattern;
import java.util.List;
import java.util.Set;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** The parameters of an export, as text that has been validated one by one. */
public final class ExportParams {
    @RestQuery
    @TimeExpression
    @Parameter(
            description =
                    "Start of the range, included: RFC 3339 with an offset, an epoch number, or relative. Without it"
                            + " from the first reading on.",
            example = "-30d")
    public @Nullable String from;

    @RestQuery
    @TimeExpression
    @Parameter(description = "End of the range, excluded. Without it up to the last reading.", example = "now")
    public @Nullable String to;

    @RestQuery
    @DeviceIdList
    @Parameter(description = "Devices, separated by commas; all without it.", example = "thermostat-1,plug-2")
    public @Nullable String ids;

    @RestQuery
    @MetricList
    @Parameter(description = "Metrics, separated by commas; all without it.", example = "temperature,humidity")
    public @Nullable String metrics;

    @RestQuery
    @MetricList
    @Parameter(description = MetricList.ONE_EACH)
    public List<String> metric = List.of();

    @RestQuery
    @Pattern(regexp = ExportForm.NAMES, message = "must be ndjson, csv or parquet")
    @Parameter(description = "The form: ndjson, csv or parquet. Without it as Accept says, else ndjson.")
    public @Nullable String format;

    TimeRange range(long nowMicros) {
        long start = from == null ? TimeRange.ALL.startMicros() : TimeText.parse(from, nowMicros);
        long end = to == null ? TimeRange.ALL.endMicros() : TimeText.parse(to, nowMicros);
        if (start > end) {
            throw ProblemException.invalid(new FieldError("from", "must not be after to"));
        }
        return new TimeRange(start, end);
    }

    /** The metrics asked for; empty asks for all. */
    Set<String> metricNames() {
        return Set.copyOf(MetricList.Names.of(metrics, metric));
    }
}
