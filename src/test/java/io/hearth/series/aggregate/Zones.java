package io.hearth.series.aggregate;

import java.time.Instant;
import java.time.ZoneId;
import java.util.List;

/** Time zones in which bucket maths goes wrong easily. */
final class Zones {
    static final List<ZoneId> ALL = List.of(
            ZoneId.of("UTC"),
            ZoneId.of("Europe/Berlin"),
            ZoneId.of("America/New_York"),
            ZoneId.of("Australia/Lord_Howe"),
            ZoneId.of("Asia/Kathmandu"),
            ZoneId.of("Pacific/Apia"),
            ZoneId.of("America/Havana"),
            ZoneId.of("America/St_Johns"),
            ZoneId.of("Africa/Casablanca"));

    static final List<Change> CHANGES = List.of(
            change("Europe/Berlin", "2026-03-29T01:00:00Z"),
            change("Europe/Berlin", "2026-10-25T01:00:00Z"),
            change("America/New_York", "2026-03-08T07:00:00Z"),
            change("America/New_York", "2026-11-01T06:00:00Z"),
            change("Australia/Lord_Howe", "2026-04-04T15:00:00Z"),
            change("Australia/Lord_Howe", "2026-10-03T15:30:00Z"),
            change("Pacific/Apia", "2011-12-30T10:00:00Z"),
            change("America/Havana", "2026-03-08T05:00:00Z"),
            change("America/Havana", "2026-11-01T05:00:00Z"),
            change("America/St_Johns", "2010-11-07T02:31:00Z"),
            change("America/St_Johns", "1988-10-30T01:31:00Z"),
            change("Asia/Kathmandu", "1985-12-31T18:30:00Z"),
            change("UTC", "1970-01-01T00:00:00Z"));

    private Zones() {}

    private static Change change(String zone, String instant) {
        return new Change(ZoneId.of(zone), Instant.parse(instant).getEpochSecond() / 60);
    }

    /** A change of a zone's clock. */
    record Change(ZoneId zone, long epochMinute) {}
}
