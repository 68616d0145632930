package io.hearth.series.item;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.model.DeviceId;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class DeviceIdsTest {
    private final DeviceIds ids = new DeviceIds(3);

    @Test
    void after_notFilled_knowsNothing() {
        ids.added(new DeviceId("a"));
        assertThat(ids.after(null, 10)).isNull();
    }

    @Test
    void after_filled_answersInOrder_behindTheOneGiven() {
        ids.fill(devices("c", "a"));
        ids.added(new DeviceId("b"));

        assertThat(ids.after(null, 2)).containsExactly(new DeviceId("a"), new DeviceId("b"));
        assertThat(ids.after(new DeviceId("a"), 2)).containsExactly(new DeviceId("b"), new DeviceId("c"));
        assertThat(ids.after(new DeviceId("aa"), 1)).containsExactly(new DeviceId("b"));
    }

    @Test
    void fill_toldMeanwhile_believesThatMoreThanWhatItReads() {
        ids.fill(Stream.of("a", "b", "c")
                .map(id -> {
                    if (id.equals("b")) {
                        ids.removed(new DeviceId("a"));
                        ids.removed(new DeviceId("c"));
                        ids.removed(new DeviceId("b"));
                        ids.added(new DeviceId("b"));
                        ids.added(new DeviceId("d"));
                    }
                    return new DeviceId(id);
                })
                .iterator());

        assertThat(ids.after(null, 10)).containsExactly(new DeviceId("b"), new DeviceId("d"));
    }

    @Test
    void fill_thatFails_canBeDoneAgain() {
        Iterator<DeviceId> failing = Stream.of("a", "b")
                .map(id -> {
                    if (id.equals("b")) {
                        throw new IllegalStateException("the table is gone");
                    }
                    return new DeviceId(id);
                })
                .iterator();
        assertThatThrownBy(() -> ids.fill(failing)).hasMessageContaining("gone");
        assertThat(ids.after(null, 10)).isNull();

        ids.fill(devices("b"));

        assertThat(ids.after(null, 10)).containsExactly(new DeviceId("b"));
    }

    @Test
    void after_moreThanItMayKeep_knowsNothing_alsoLater() {
        ids.fill(devices("a", "b", "c"));
        ids.added(new DeviceId("d"));
        ids.removed(new DeviceId("d"));
        ids.fill(devices("a"));

        assertThat(ids.after(null, 10)).isNull();
    }

    private static Iterator<DeviceId> devices(String... ids) {
        return List.of(ids).stream().map(DeviceId::new).iterator();
    }
}
