package io.hearth.series.item;

import static io.hearth.series.item.Runs.DAY;
import static io.hearth.series.item.Runs.DEVICE;
import static io.hearth.series.item.Runs.REGION;
import static io.hearth.series.item.Runs.SECOND;
import static io.hearth.series.item.Runs.readings;
import static io.hearth.series.item.Runs.run;
import static io.hearth.series.item.Runs.stamp;
import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.model.Value;
import io.hearth.model.WriteStamp;
import io.hearth.series.value.Erasure;
import io.hearth.table.Item;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class StampedPointsTest {
    @Test
    void runs_areCutBySlotStampAndRetention_andKeepThem() {
        StampedPoints points = new StampedPoints();
        points.add(DAY + 10 * SECOND, "a", new Value.Num(1), stamp(1), 0);
        points.add(DAY + 10 * SECOND, "b", new Value.Bool(true), stamp(1), 0);
        points.add(DAY + 20 * SECOND, "a", new Value.Num(2), stamp(2), 0);
        points.add(DAY + 30 * SECOND, "a", new Value.Num(3), stamp(2), 60);
        points.add(DAY + SeriesKeys.SLOT_MICROS, "a", new Value.Text("x"), stamp(1), 0);

        List<Item> runs = points.runs(DEVICE, Expiry.WITHOUT_ROLLUPS);

        assertThat(runs)
                .extracting(run -> SeriesKeys.runStamp(run.key().sortKey()))
                .containsExactly(stamp(1), stamp(2), stamp(2), stamp(1));
        assertThat(runs)
                .extracting(run -> new RunReader(run).retentionSeconds())
                .containsExactly(0L, 0L, 60L, 0L);
        assertThat(runs.get(2).expiresAtSeconds()).isEqualTo(DAY / SECOND + 30 + 1 + 60);
        assertThat(read(runs.subList(0, 3)))
                .isEqualTo(Map.of(
                        10L,
                        Map.of("a", 1.0, "b", new Value.Bool(true)),
                        20L,
                        Map.of("a", 2.0),
                        30L,
                        Map.of("a", 3.0)));
    }

    @Test
    void runs_moreThanAnItemHolds_becomeSeveral_andNothingIsLost() {
        StampedPoints points = new StampedPoints();
        for (int i = 0; i < 40; i++) {
            points.add(DAY + i * SECOND, "t", new Value.Text("x".repeat(15_000)), stamp(1), 0);
        }

        List<Item> runs = points.runs(DEVICE, Expiry.WITHOUT_ROLLUPS);

        assertThat(runs).hasSizeGreaterThan(1).allMatch(run -> run.body().length() < Item.MAX_ITEM_BYTES);
        assertThat(runs).extracting(Item::key).doesNotHaveDuplicates();
        assertThat(read(runs)).hasSize(40);
    }

    @Test
    void without_whatIsCoveredGoes_theRestKeepsItsStamp() {
        Item run = run(stamp(5), 0, "a", Map.of(10L, 1.0, 20L, 2.0, 30L, 3.0));
        Erasure middle = new Erasure(DEVICE, new TimeRange(DAY + 20 * SECOND, DAY + 21 * SECOND), false, stamp(6));
        Erasure all = new Erasure(DEVICE, TimeRange.ALL, false, stamp(6));
        Erasure earlier = new Erasure(DEVICE, TimeRange.ALL, false, stamp(4));

        List<Item> left = StampedPoints.without(middle, run, Expiry.WITHOUT_ROLLUPS);

        assertThat(read(left)).isEqualTo(Map.of(10L, Map.of("a", 1.0), 30L, Map.of("a", 3.0)));
        assertThat(left)
                .allMatch(item -> SeriesKeys.runStamp(item.key().sortKey()).equals(stamp(5)));
        assertThat(StampedPoints.without(all, run, Expiry.WITHOUT_ROLLUPS)).isEmpty();
        assertThat(read(StampedPoints.without(List.of(earlier), run, Expiry.WITHOUT_ROLLUPS)))
                .hasSize(3);
    }

    @Test
    void anew_hasTheReadingsOfTheRange_withTheOtherStamp() {
        Item run = run(stamp(5), 60, "a", Map.of(10L, 1.0, 20L, 2.0));

        List<Item> anew = StampedPoints.anew(
                run, new TimeRange(DAY + 15 * SECOND, DAY + 25 * SECOND), stamp(9), Expiry.WITHOUT_ROLLUPS);

        assertThat(read(anew)).isEqualTo(Map.of(20L, Map.of("a", 2.0)));
        assertThat(SeriesKeys.runStamp(anew.get(0).key().sortKey())).isEqualTo(stamp(9));
        assertThat(new RunReader(anew.get(0)).retentionSeconds()).isEqualTo(60);
    }

    @Test
    void behind_isLaterThanTheWrite_andEarlierThanTheNextMillisecond() {
        WriteStamp behind = StampedPoints.behind(stamp(5), new RegionId("a"));

        assertThat(behind)
                .isGreaterThan(new WriteStamp(stamp(5).time(), REGION))
                .isLessThan(stamp(6));
        assertThat(behind.region()).isEqualTo(new RegionId("a"));
    }

    private static Map<Long, Map<String, Object>> read(List<Item> runs) {
        BlockBuilder builder = new BlockBuilder(Set.of(), TimeRange.ALL, Expiry.BEFORE_EXPIRY, 0);
        runs.forEach(builder::addRun);
        return readings(builder.build());
    }
}
