package io.hearth.series.aggregate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.quicktheories.QuickTheory.qt;
import static org.quicktheories.generators.SourceDSL.arbitrary;
import static org.quicktheories.generators.SourceDSL.longs;

import io.hearth.model.EpochMicros;
import io.hearth.model.TimeRange;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BucketGridTest {
    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");
    private static final long MINUTE = 60_000_000L;
    private static final long HOUR = 60 * MINUTE;

    private static BucketGrid grid(String from, String to, String every, String zone) {
        ZoneId id = ZoneId.of(zone);
        return BucketGrid.of(range(from, to, id), Every.parse(every), id);
    }

    private static TimeRange range(String from, String to, ZoneId zone) {
        return new TimeRange(
                EpochMicros.of(LocalDateTime.parse(from).atZone(zone).toInstant()),
                EpochMicros.of(LocalDateTime.parse(to).atZone(zone).toInstant()));
    }

    private static List<String> starts(BucketGrid grid) {
        return IntStream.range(0, grid.size())
                .mapToObj(b -> ZonedDateTime.ofInstant(EpochMicros.toInstant(grid.startMicros(b)), grid.zone())
                        .toOffsetDateTime()
                        .toString())
                .toList();
    }

    private static List<Long> minutes(BucketGrid grid) {
        return IntStream.range(0, grid.size())
                .mapToObj(b -> (grid.endMicros(b) - grid.startMicros(b)) / MINUTE)
                .toList();
    }

    @Test
    void of_daysAroundClockChanges_have23And25Hours() {
        assertThat(minutes(grid("2026-03-28T00:00", "2026-03-31T00:00", "1d", "Europe/Berlin")))
                .containsExactly(24 * 60L, 23 * 60L, 24 * 60L);
        assertThat(minutes(grid("2026-10-24T00:00", "2026-10-27T00:00", "1d", "Europe/Berlin")))
                .containsExactly(24 * 60L, 25 * 60L, 24 * 60L);
        assertThat(minutes(grid("2026-04-04T00:00", "2026-04-06T00:00", "1d", "Australia/Lord_Howe")))
                .containsExactly(24 * 60L, 24 * 60 + 30L);
    }

    @Test
    void of_sixHoursOnTheDayClocksGoForward_keepRoundHours() {
        BucketGrid grid = grid("2026-03-29T00:00", "2026-03-30T00:00", "6h", "Europe/Berlin");

        assertThat(starts(grid))
                .containsExactly(
                        "2026-03-29T00:00+01:00",
                        "2026-03-29T06:00+02:00",
                        "2026-03-29T12:00+02:00",
                        "2026-03-29T18:00+02:00");
        assertThat(minutes(grid)).containsExactly(300L, 360L, 360L, 360L);
    }

    @Test
    void of_sixHoursOnTheDayClocksGoBack_keepRoundHours() {
        assertThat(minutes(grid("2026-10-25T00:00", "2026-10-26T00:00", "6h", "Europe/Berlin")))
                .containsExactly(420L, 360L, 360L, 360L);
    }

    @Test
    void of_hoursAsClocksChange_areMissingOrRepeated() {
        assertThat(starts(grid("2026-03-29T01:00", "2026-03-29T04:00", "1h", "Europe/Berlin")))
                .containsExactly("2026-03-29T01:00+01:00", "2026-03-29T03:00+02:00");
        assertThat(starts(grid("2026-10-25T01:00", "2026-10-25T04:00", "1h", "Europe/Berlin")))
                .containsExactly(
                        "2026-10-25T01:00+02:00",
                        "2026-10-25T02:00+02:00",
                        "2026-10-25T02:00+01:00",
                        "2026-10-25T03:00+01:00");
    }

    @Test
    void of_hoursWhereClocksChangeByHalfAnHour_startAtTheChangeOrGoOn() {
        BucketGrid forward = grid("2026-10-04T01:00", "2026-10-04T04:00", "1h", "Australia/Lord_Howe");
        assertThat(starts(forward))
                .containsExactly("2026-10-04T01:00+10:30", "2026-10-04T02:30+11:00", "2026-10-04T03:00+11:00");
        assertThat(minutes(forward)).containsExactly(60L, 30L, 60L);

        BucketGrid back = grid("2026-04-05T00:00", "2026-04-05T03:00", "1h", "Australia/Lord_Howe");
        assertThat(minutes(back)).containsExactly(60L, 90L, 60L);
    }

    @Test
    void of_dayThatSamoaSkipped_hasNoBucket() {
        assertThat(starts(grid("2011-12-29T00:00", "2012-01-01T00:00", "1d", "Pacific/Apia")))
                .containsExactly("2011-12-29T00:00-10:00", "2011-12-31T00:00+14:00");
        assertThat(starts(grid("2011-12-29T00:00", "2012-01-01T00:00", "12h", "Pacific/Apia")))
                .hasSize(4);
    }

    @Test
    void of_midnightThatComesTwiceOrNever_startsDaysAtTheirFirstInstant() {
        assertThat(starts(grid("2026-10-31T12:00", "2026-11-02T00:00", "1d", "America/Havana")))
                .containsExactly("2026-10-31T00:00-04:00", "2026-11-01T00:00-04:00");
        assertThat(starts(grid("2026-03-07T12:00", "2026-03-09T00:00", "1d", "America/Havana")))
                .containsExactly("2026-03-07T00:00-05:00", "2026-03-08T01:00-04:00");
        assertThat(minutes(grid("2026-11-01T00:00", "2026-11-02T00:00", "12h", "America/Havana")))
                .containsExactly(13 * 60L, 12 * 60L);
    }

    @Test
    void of_weeksMonthsQuartersYears_startWherePeopleExpect() {
        assertThat(starts(grid("2026-07-15T10:00", "2026-07-28T00:00", "1w", "Asia/Kathmandu")))
                .containsExactly("2026-07-13T00:00+05:45", "2026-07-20T00:00+05:45", "2026-07-27T00:00+05:45");
        assertThat(starts(grid("2024-02-29T10:00", "2024-03-01T00:01", "1mo", "UTC")))
                .containsExactly("2024-02-01T00:00Z", "2024-03-01T00:00Z");
        assertThat(starts(grid("2024-02-29T10:00", "2024-07-01T00:00", "3mo", "UTC")))
                .containsExactly("2024-01-01T00:00Z", "2024-04-01T00:00Z");
        assertThat(starts(grid("1969-12-31T10:00", "1970-01-01T00:01", "1y", "UTC")))
                .containsExactly("1969-01-01T00:00Z", "1970-01-01T00:00Z");
    }

    @Test
    void of_widthsThatDoNotDivideADay_startAtTheEpoch() {
        assertThat(grid("1970-01-01T10:00", "1970-01-02T00:00", "7h", "Europe/Berlin")
                        .startMicros(0))
                .isEqualTo(7 * HOUR);
        assertThat(grid("2026-07-15T10:00", "2026-07-15T11:00", "24h", "Europe/Berlin")
                                .startMicros(0)
                        % (24 * HOUR))
                .isZero();
        assertThat(grid("1969-12-31T23:00", "1970-01-01T00:00", "7m", "UTC").startMicros(8))
                .isEqualTo(-7 * MINUTE);
    }

    @Test
    void of_zoneOffTheHour_followsItsClock() {
        assertThat(starts(grid("2026-07-15T10:20", "2026-07-15T11:00", "1h", "Asia/Kathmandu")))
                .containsExactly("2026-07-15T10:00+05:45");
    }

    @Test
    void coveredMicros_edgeBuckets_areThePartsInTheRange() {
        BucketGrid grid = grid("2026-07-15T10:20", "2026-07-15T12:15", "1h", "UTC");

        assertThat(IntStream.range(0, 3).mapToObj(b -> grid.coveredMicros(b) / MINUTE))
                .containsExactly(40L, 60L, 15L);
        assertThat(grid.indexOf(grid.startMicros(0))).isEqualTo(-1);
        assertThat(grid.indexOf(grid.range().endMicros())).isEqualTo(-1);
    }

    @Test
    void of_emptyRange_hasNoBuckets() {
        assertThat(BucketGrid.of(new TimeRange(5, 5), Every.parse("1d"), BERLIN).size())
                .isZero();
    }

    @Test
    void of_tooManyBuckets_throws() {
        TimeRange justRight = new TimeRange(0, BucketGrid.MAX_BUCKETS * 1000L);
        TimeRange tooLong = new TimeRange(0, BucketGrid.MAX_BUCKETS * 1000L + 1);

        assertThat(BucketGrid.of(justRight, Every.parse("1ms"), ZoneOffset.UTC).size())
                .isEqualTo(BucketGrid.MAX_BUCKETS);
        assertThatThrownBy(() -> BucketGrid.of(tooLong, Every.parse("1ms"), ZoneOffset.UTC))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("more than 100000 buckets of PT0.001S: choose wider buckets or a shorter range");
        assertThatThrownBy(() -> grid("1900-01-01T00:00", "2200-01-01T00:00", "1d", "Europe/Berlin"))
                .hasMessageContaining("more than 100000 buckets");
        assertThatThrownBy(() -> grid("1900-01-01T00:00", "2200-01-01T00:00", "12h", "Europe/Berlin"))
                .hasMessageContaining("more than 100000 buckets");
    }

    @Test
    void of_beyondWhatCanBeWritten_throws() {
        assertThatThrownBy(() -> BucketGrid.of(TimeRange.ALL, Every.parse("1y"), BERLIN))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("years 0 to 9999");
        assertThatThrownBy(() -> BucketGrid.of(
                        new TimeRange(EpochMicros.MIN_RFC3339, EpochMicros.MIN_RFC3339 + 1), Every.parse("1d"), BERLIN))
                .hasMessageContaining("before the year 0");
        assertThat(BucketGrid.of(
                                new TimeRange(EpochMicros.MAX_RFC3339, EpochMicros.MAX_RFC3339 + 1),
                                Every.parse("1000y"),
                                BERLIN)
                        .size())
                .isEqualTo(1);
    }

    @Test
    void atMost_commonRanges_picksNiceWidths() {
        TimeRange day = range("2026-07-15T00:00", "2026-07-16T00:00", BERLIN);
        TimeRange year = range("2026-01-01T00:00", "2027-01-01T00:00", BERLIN);

        assertThat(BucketGrid.atMost(300, day, BERLIN).every().text()).isEqualTo("PT5M");
        assertThat(BucketGrid.atMost(287, day, BERLIN).every().text()).isEqualTo("PT15M");
        assertThat(BucketGrid.atMost(2, day, BERLIN).every().text()).isEqualTo("PT12H");
        assertThat(BucketGrid.atMost(365, year, BERLIN).every().text()).isEqualTo("P1D");
        assertThat(BucketGrid.atMost(12, year, BERLIN).every().text()).isEqualTo("P1M");
        assertThat(BucketGrid.atMost(100_000, day, BERLIN).every().text()).isEqualTo("PT1S");
        assertThatThrownBy(() -> BucketGrid.atMost(0, day, BERLIN)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void atMost_one_isTheWholeRange() {
        TimeRange range = new TimeRange(946_684_000_000_500L, 946_690_000_000_000L);

        BucketGrid grid = BucketGrid.atMost(1, range, BERLIN);

        assertThat(grid.size()).isEqualTo(1);
        assertThat(grid.startMicros(0)).isEqualTo(range.startMicros());
        assertThat(grid.coveredMicros(0)).isEqualTo(range.endMicros() - range.startMicros());
        assertThat(grid.every().text()).isEqualTo("PT1H40M");
        assertThat(BucketGrid.atMost(1, new TimeRange(5, 5), BERLIN).size()).isZero();
        assertThatThrownBy(() -> BucketGrid.atMost(1, new TimeRange(0, 250_000_000_000_000_000L), BERLIN))
                .isInstanceOf(BucketLimitException.class);
    }

    @Test
    void atMost_anyRange_isAtMostThatMany() {
        qt().withExamples(500)
                .forAll(
                        longs().between(-3_000_000_000L, 5_000_000_000L),
                        longs().between(1, 3_000_000_000L),
                        longs().between(1, 2000),
                        arbitrary().pick(Zones.ALL))
                .checkAssert((fromSeconds, seconds, most, zone) -> {
                    TimeRange range = new TimeRange(fromSeconds * 1_000_000, (fromSeconds + seconds) * 1_000_000);
                    assertThat(BucketGrid.atMost(most.intValue(), range, zone).size())
                            .isBetween(1, most.intValue());
                });
    }

    @Test
    void of_anyCalendarWidth_isGaplessAlignedAndFindsEachInstant() {
        qt().withExamples(500)
                .forAll(
                        longs().between(-3_000_000_000L, 5_000_000_000L),
                        longs().between(1, 40_000_000L),
                        arbitrary().pick("1d", "2d", "1w", "1mo", "3mo", "1y", "7h", "24h", "12h", "4h", "45m"),
                        arbitrary().pick(Zones.ALL))
                .checkAssert((fromSeconds, seconds, every, zone) -> {
                    TimeRange range = new TimeRange(fromSeconds * 1_000_000, (fromSeconds + seconds) * 1_000_000);
                    BucketGrid grid = BucketGrid.of(range, Every.parse(every), zone);
                    assertThat(grid.startMicros(0)).isLessThanOrEqualTo(range.startMicros());
                    assertThat(grid.endMicros(grid.size() - 1)).isGreaterThanOrEqualTo(range.endMicros());
                    for (int b = 0; b < grid.size(); b++) {
                        long start = grid.startMicros(b);
                        assertThat(grid.endMicros(b)).isGreaterThan(start);
                        assertThat(grid.indexOf(Math.max(start, range.startMicros())))
                                .isEqualTo(b);
                        assertThat(grid.indexOf(Math.min(grid.endMicros(b), range.endMicros()) - 1))
                                .isEqualTo(b);
                        if (b > 0) {
                            assertThat(start).isEqualTo(grid.endMicros(b - 1));
                        }
                        if (every.equals("1d")) {
                            LocalDateTime local = LocalDateTime.ofInstant(EpochMicros.toInstant(start), zone);
                            assertThat(EpochMicros.of(local.toLocalDate()
                                            .atStartOfDay(zone)
                                            .toInstant()))
                                    .isEqualTo(start);
                        }
                    }
                });
    }

    @Test
    void of_widthsThatDivideADay_agreeWithWatchingTheClock() {
        qt().withExamples(400)
                .forAll(
                        arbitrary().pick(Zones.CHANGES),
                        longs().between(-3 * 1440, 3 * 1440),
                        longs().between(1, 4 * 1440),
                        arbitrary().pick(10L, 15L, 20L, 30L, 60L, 90L, 120L, 180L, 240L, 360L, 720L))
                .checkAssert((change, minutesFromChange, minutes, widthMinutes) -> {
                    long from = (change.epochMinute() + minutesFromChange) * MINUTE;
                    TimeRange range = new TimeRange(from, from + minutes * MINUTE);
                    BucketGrid grid = BucketGrid.of(range, new Every.Fixed(widthMinutes * MINUTE), change.zone());

                    List<Long> starts = IntStream.range(0, grid.size())
                            .mapToObj(grid::startMicros)
                            .toList();
                    assertThat(starts).isEqualTo(startsByWatching(range, widthMinutes, change.zone()));
                });
    }

    /** Walks from minute to minute with an eye on the clock, as a person would. */
    private static List<Long> startsByWatching(TimeRange range, long widthMinutes, ZoneId zone) {
        List<Long> starts = new ArrayList<>();
        long running = Long.MIN_VALUE;
        long offsetBefore = Long.MIN_VALUE;
        for (long t = range.startMicros() - 6 * 24 * HOUR; t < range.endMicros(); t += MINUTE) {
            long offset = zone.getRules()
                            .getOffset(Instant.ofEpochSecond(t / 1_000_000))
                            .getTotalSeconds()
                    / 60;
            long shown = Math.floorDiv(t / MINUTE + offset, widthMinutes) * widthMinutes;
            boolean setBack = offsetBefore != Long.MIN_VALUE && offsetBefore - offset >= widthMinutes;
            if (shown > running || setBack) {
                if (t <= range.startMicros()) {
                    starts.clear();
                }
                starts.add(t);
                running = shown;
            }
            offsetBefore = offset;
        }
        return starts;
    }
}
