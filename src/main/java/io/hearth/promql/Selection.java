package io.hearth.promql;

import io.hearth.model.DeviceId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The series that matchers select.
 *
 * <p>A metric whose name is not a classic one can be asked for by either of its names: it is selected if one of them passes
 * the positive matchers, and if both pass the negative ones, so that what is excluded is not let in by its other name. The
 * series then has the name by which it was found, the classic one first.
 */
public final class Selection {
    private final List<LabelMatcher> nameMatchers = new ArrayList<>();
    private final List<LabelMatcher> deviceMatchers = new ArrayList<>();
    private final boolean impossible;

    /**
     * A selected series.
     *
     * @param metric the name under which the device has it
     */
    public record Series(String metric, Labels labels) {}

    /** A device with selected series, of which there is at least one. */
    public record DeviceSeries(SeriesSource.Device device, List<Series> series) {}

    public Selection(List<LabelMatcher> matchers) {
        boolean none = false;
        for (LabelMatcher matcher : matchers) {
            switch (matcher.label()) {
                case Labels.NAME -> nameMatchers.add(matcher);
                case Labels.DEVICE -> deviceMatchers.add(matcher);
                default -> none |= !matcher.matches("");
            }
        }
        impossible = none;
    }

    /**
     * The selected series, by device; devices are read from {@code source} as they are asked for.
     *
     * @param budget what the query may still use: looking at devices takes time, also at those that are not selected
     */
    public Iterator<DeviceSeries> of(SeriesSource source, QueryBudget budget) {
        Iterator<SeriesSource.Device> devices = candidates(source);
        return new Iterator<>() {
            private @Nullable DeviceSeries found = find();

            private @Nullable DeviceSeries find() {
                while (devices.hasNext()) {
                    SeriesSource.Device device = devices.next();
                    List<Series> series = seriesOf(device, budget);
                    if (!series.isEmpty()) {
                        return new DeviceSeries(device, series);
                    }
                }
                return null;
            }

            @Override
            public boolean hasNext() {
                return found != null;
            }

            @Override
            public DeviceSeries next() {
                DeviceSeries next = found;
                if (next == null) {
                    throw new java.util.NoSuchElementException();
                }
                found = find();
                return next;
            }
        };
    }

    /** Devices that are named need no look at all the others. */
    private Iterator<SeriesSource.Device> candidates(SeriesSource source) {
        if (impossible) {
            return List.<SeriesSource.Device>of().iterator();
        }
        for (LabelMatcher matcher : deviceMatchers) {
            Set<String> only = matcher.onlyValues();
            if (only != null) {
                Collection<String> ids = new TreeSet<>(only);
                return ids.stream()
                        .filter(DeviceId::isValid)
                        .map(id -> source.device(new DeviceId(id)))
                        .flatMap(Optional::stream)
                        .iterator();
            }
        }
        return source.devices();
    }

    private List<Series> seriesOf(SeriesSource.Device device, QueryBudget budget) {
        String id = device.id().value();
        budget.checkTime();
        for (LabelMatcher matcher : deviceMatchers) {
            if (!matcher.matches(id)) {
                return List.of();
            }
        }
        Map<String, String> names = MetricAliases.of(device.metrics());
        List<Series> found = new ArrayList<>();
        for (String metric : device.metrics()) {
            budget.checkTime();
            String name = nameOf(metric, names.getOrDefault(metric, metric));
            if (name != null) {
                found.add(new Series(metric, Labels.of(device, name)));
            }
        }
        return found;
    }

    private @Nullable String nameOf(String metric, String classic) {
        boolean byClassic = true;
        boolean byMetric = true;
        for (LabelMatcher matcher : nameMatchers) {
            boolean classicMatches = matcher.matches(classic);
            boolean metricMatches = matcher.matches(metric);
            if (!matcher.isPositive() && !(classicMatches && metricMatches)) {
                return null;
            }
            byClassic &= classicMatches;
            byMetric &= metricMatches;
        }
        return byClassic ? classic : byMetric ? metric : null;
    }
}
