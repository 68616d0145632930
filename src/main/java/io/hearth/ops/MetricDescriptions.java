package io.hearth.ops;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.config.MeterFilter;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/**
 * Writes descriptions without quotation marks, which some of the JVM's have: OpenMetrics escapes them, and tools for Prometheus' text
 * format, promtool among them, cannot read that.
 */
@Singleton
class MetricDescriptions {
    @Produces
    @Singleton
    MeterFilter withoutQuotationMarks() {
        return new MeterFilter() {
            @Override
            public Meter.Id map(Meter.Id id) {
                String description = id.getDescription();
                return description == null || description.indexOf('"') < 0
                        ? id
                        : new Meter.Id(
                                id.getName(),
                                Tags.of(id.getTagsAsIterable()),
                                id.getBaseUnit(),
                                description.replace('"', '\''),
                                id.getType());
            }
        };
    }
}
