package io.hearth.rest.prometheus;

import io.hearth.identity.Requires;
import io.hearth.identity.Right;
import io.hearth.limits.RunningQueries;
import io.hearth.promql.LabelMatcher;
import io.hearth.promql.Labels;
import io.hearth.promql.PromQlException;
import io.hearth.promql.QueryBudget;
import io.hearth.promql.Selection;
import io.hearth.rest.param.LenientQuery;
import io.hearth.series.SeriesStore;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedHashMap;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/**
 * Which series, labels and metrics there are: what query builders and dashboard variables ask. Tells what devices have ever
 * sent, whatever {@code start} and {@code end} say.
 */
@Tag(name = "Prometheus")
@Requires(Right.ADMINISTER)
@Path("/prometheus/api/v1")
@Produces(MediaType.APPLICATION_JSON)
@LenientQuery
public class CatalogResource {
    /** The version of Prometheus whose API this is; clients ask before they use what came late. */
    private static final String BUILD_INFO = """
            {"application":"Hearth","version":"3.0.0","revision":"","branch":"","buildUser":"","buildDate":"","goVersion":""}""";

    /** Series of several selectors are held, as none may be answered twice. */
    private static final int MAX_MERGED_SERIES = 1_000_000;

    /** What a text in a set takes beside its characters. */
    private static final long TEXT_BYTES = 120;

    private final StoredSeries stored;
    private final RunningQueries queries;

    @Inject
    public CatalogResource(SeriesStore store, RunningQueries queries) {
        stored = new StoredSeries(store);
        this.queries = queries;
    }

    /** Takes a selected series; false if no more are wanted. */
    private interface Visitor<E extends Exception> {
        boolean visit(Labels labels) throws E;
    }

    @GET
    @Path("/series")
    @Operation(operationId = "prometheusSeries", summary = "The series that match[] selects")
    public Response series(UriInfo uri) {
        return seriesOf(new Parameters(uri.getQueryParameters(), new MultivaluedHashMap<>()));
    }

    @POST
    @Path("/series")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    @Operation(operationId = "prometheusSeriesForm", summary = "The series that match[] selects, as a form")
    public Response series(UriInfo uri, MultivaluedMap<String, String> form) {
        return seriesOf(new Parameters(uri.getQueryParameters(), form));
    }

    @GET
    @Path("/labels")
    @Operation(operationId = "prometheusLabels", summary = "The names of labels")
    public Response labels(UriInfo uri) {
        return labelsOf(new Parameters(uri.getQueryParameters(), new MultivaluedHashMap<>()));
    }

    @POST
    @Path("/labels")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    @Operation(operationId = "prometheusLabelsForm", summary = "The names of labels, as a form")
    public Response labels(UriInfo uri, MultivaluedMap<String, String> form) {
        return labelsOf(new Parameters(uri.getQueryParameters(), form));
    }

    @GET
    @Path("/label/{name}/values")
    @Operation(operationId = "prometheusLabelValues", summary = "The values of a label")
    public Response labelValues(String name, UriInfo uri) {
        Parameters parameters = new Parameters(uri.getQueryParameters(), new MultivaluedHashMap<>());
        List<List<LabelMatcher>> matches = parameters.matches();
        long limit = parameters.limit();
        return Answer.of(queries, parameters.timeout(), (out, budget) -> {
            Set<String> values = new TreeSet<>();
            visit(matches, budget, labels -> {
                String value = labels.get(name);
                if (!value.isEmpty() && values.add(value)) {
                    budget.holdBytes(TEXT_BYTES + value.length());
                }
                return true;
            });
            return Answer.texts(out, values, limit);
        });
    }

    @GET
    @Path("/metadata")
    @Operation(operationId = "prometheusMetadata", summary = "The metrics; devices do not say of which type theirs are")
    public Response metadata(UriInfo uri) {
        Parameters parameters = new Parameters(uri.getQueryParameters(), new MultivaluedHashMap<>());
        String metric = parameters.first("metric");
        long limit = parameters.limit();
        return Answer.of(queries, parameters.timeout(), (out, budget) -> {
            Set<String> names = new TreeSet<>();
            visit(List.of(), budget, labels -> {
                String name = labels.get(Labels.NAME);
                if ((metric.isEmpty() || metric.equals(name)) && names.add(name)) {
                    budget.holdBytes(TEXT_BYTES + name.length());
                }
                return true;
            });
            String separator = "";
            out.ascii('{');
            for (Iterator<String> name = names.stream().limit(limit).iterator(); name.hasNext(); ) {
                out.ascii(separator);
                out.jsonString(name.next());
                out.ascii(":[{\"type\":\"unknown\",\"help\":\"\",\"unit\":\"\"}]");
                separator = ",";
            }
            out.ascii('}');
            return false;
        });
    }

    @GET
    @Path("/status/buildinfo")
    @Operation(operationId = "prometheusBuildInfo", summary = "Which version of Prometheus' API this is")
    public Response buildInfo() {
        return Answer.fixed(BUILD_INFO);
    }

    @GET
    @Path("/rules")
    @Operation(operationId = "prometheusRules", summary = "No rules: there are none")
    public Response rules() {
        return Answer.fixed("{\"groups\":[]}");
    }

    @GET
    @Path("/alerts")
    @Operation(operationId = "prometheusAlerts", summary = "No alerts: there are none")
    public Response alerts() {
        return Answer.fixed("{\"alerts\":[]}");
    }

    @GET
    @Path("/query_exemplars")
    @Operation(operationId = "prometheusExemplars", summary = "No exemplars: readings have none")
    public Response exemplars() {
        return Answer.fixed("[]");
    }

    @POST
    @Path("/query_exemplars")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    @Operation(operationId = "prometheusExemplarsForm", summary = "No exemplars: readings have none")
    public Response exemplars(MultivaluedMap<String, String> form) {
        return Answer.fixed("[]");
    }

    private Response seriesOf(Parameters parameters) {
        List<List<LabelMatcher>> matches = parameters.matches();
        if (matches.isEmpty()) {
            throw new PromQlException(PromQlException.Type.BAD_DATA, "no match[] parameter provided");
        }
        long limit = parameters.limit();
        return Answer.of(queries, parameters.timeout(), (out, budget) -> {
            SampleWriter writer = new SampleWriter(out);
            long[] found = {0};
            out.ascii('[');
            visit(matches, budget, labels -> {
                if (found[0]++ == limit) {
                    return false;
                }
                out.ascii(found[0] == 1 ? "" : ",");
                writer.labels(labels);
                return true;
            });
            out.ascii(']');
            return found[0] > limit;
        });
    }

    private Response labelsOf(Parameters parameters) {
        List<List<LabelMatcher>> matches = parameters.matches();
        long limit = parameters.limit();
        return Answer.of(queries, parameters.timeout(), (out, budget) -> {
            Set<String> names = new TreeSet<>();
            visit(matches, budget, labels -> {
                names.addAll(labels.values().keySet());
                // All series have the same labels.
                return false;
            });
            return Answer.texts(out, names, limit);
        });
    }

    /** Every series that one of the selectors selects, once; without selectors, all. */
    private <E extends Exception> void visit(List<List<LabelMatcher>> matches, QueryBudget budget, Visitor<E> visitor)
            throws E {
        List<List<LabelMatcher>> selectors = matches.isEmpty() ? List.of(List.of()) : matches;
        Set<Labels> seen = new HashSet<>();
        for (List<LabelMatcher> selector : selectors) {
            Iterator<Selection.DeviceSeries> devices = new Selection(selector).of(stored, budget);
            while (devices.hasNext()) {
                for (Selection.Series series : devices.next().series()) {
                    boolean known = false;
                    if (selectors.size() > 1) {
                        known = !seen.add(series.labels());
                        if (!known) {
                            budget.holdLabels(series.labels());
                        }
                    }
                    if (seen.size() > MAX_MERGED_SERIES) {
                        throw new PromQlException(
                                PromQlException.Type.EXECUTION,
                                "several match[] select more than " + MAX_MERGED_SERIES
                                        + " series; send one at a time");
                    }
                    if (!known && !visitor.visit(series.labels())) {
                        return;
                    }
                }
            }
        }
    }
}
