package io.hearth.rest.format;

import java.util.Set;

/** What a metric is called beside the members that say of what the buckets are. */
final class BucketName {
    private static final Set<String> TAKEN = Set.of(ColumnName.TIMES, "device", "devices", "every", "tz");

    private BucketName() {}

    static String of(String metric) {
        return TAKEN.contains(metric) ? "values." + metric : metric;
    }
}
