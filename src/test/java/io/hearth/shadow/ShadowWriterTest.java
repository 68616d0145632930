package io.hearth.shadow;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.model.DeviceId;
import io.hearth.model.HybridTime;
import io.hearth.shadow.document.ShadowDocument;
import io.hearth.shadow.document.ShadowId;
import io.hearth.table.Blocking;
import io.hearth.table.FakeClock;
import io.hearth.table.HookedTable;
import io.hearth.table.OutcomeUnknownException;
import io.hearth.table.Table;
import io.hearth.table.memory.MemoryTable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class ShadowWriterTest {
    private static final ShadowId LAMP = ShadowId.classic(new DeviceId("lamp"));
    private static final Duration KEPT = Duration.ofDays(2);

    private final FakeClock clock = new FakeClock();
    private final Table memory = new MemoryTable(clock);
    private final HookedTable table = new HookedTable(memory, true);
    private final ShadowHistory history = new ShadowHistory(table, clock, KEPT, KEPT);
    private final ShadowWriter writer = new ShadowWriter(table, history, new TombstoneRetention(clock, KEPT));
    private final List<Long> decidedOn = new ArrayList<>();

    @Test
    void change_whenAnotherWriterIsFirst_isDecidedAgainOnWhatThatOneWrote() {
        beforeTheFirstPut(put -> change("other", true));

        change("mine", true);

        assertThat(decidedOn).containsExactly(0L, 0L, 1L);
        assertThat(byOf(stored())).isEqualTo("mine");
        assertThat(stored().document().version()).isEqualTo(2);
        assertThat(moved()).containsExactly("other");
    }

    @Test
    void change_ofWhichTheTableCannotTell_isNotMadeAgain_ifItIsStored() {
        beforeTheFirstPut(put -> {
            Blocking.await(memory.put(put.item(), put.condition()));
            throw unknown();
        });

        change("mine", true);

        assertThat(decidedOn).containsExactly(0L);
        assertThat(stored().document().version()).isEqualTo(1);
    }

    @Test
    void change_ofWhichTheTableCannotTell_isMadeAgain_ifItIsNotStored() {
        beforeTheFirstPut(put -> {
            throw unknown();
        });

        change("mine", true);

        assertThat(decidedOn).containsExactly(0L, 0L);
        assertThat(stored().document().version()).isEqualTo(1);
    }

    @Test
    void change_movesTheLastOneToTheHistory_onlyIfItIsToBeKept() {
        change("first", true);
        change("second", true);
        assertThat(moved()).containsExactly("first");

        change("third", false);
        assertThat(moved()).containsExactly("first");
    }

    @Test
    void change_withNothingToStore_leavesTheTableAsItIs() {
        change("first", true);
        StoredShadow before = stored();

        String answer = Blocking.await(writer.change(LAMP, stored -> ShadowWriter.decided("nothing new", null)));

        assertThat(answer).isEqualTo("nothing new");
        assertThat(stored()).isEqualTo(before);
    }

    private void beforeTheFirstPut(Consumer<HookedTable.Puts> action) {
        AtomicBoolean done = new AtomicBoolean();
        table.hook(operation -> {
            if (operation instanceof HookedTable.Puts put && !done.getAndSet(true)) {
                action.accept(put);
            }
        });
    }

    private void change(String by, boolean keepsLast) {
        String answer = Blocking.await(writer.change(LAMP, stored -> {
            decidedOn.add(stored.document().version());
            return ShadowWriter.decided(by, next(stored, by))
                    .map(decision -> new ShadowWriter.Decision<>(decision.answer(), decision.next(), keepsLast));
        }));
        assertThat(answer).isEqualTo(by);
    }

    private StoredShadow next(StoredShadow stored, String by) {
        ShadowDocument document = new ShadowDocument(
                stored.document().version() + 1, ShadowDocument.NONE.seen(), ShadowDocument.NONE.root());
        HybridTime time = HybridTime.of(clock.millis(), (int) document.version());
        return stored.next(
                document,
                new ShadowChange(
                        ShadowChange.newId(),
                        ShadowChange.Kind.UPDATED,
                        time,
                        document.version(),
                        by,
                        List.of(),
                        0,
                        List.of()));
    }

    private StoredShadow stored() {
        return Blocking.await(writer.stored(LAMP));
    }

    /** Who made the changes that are in the history, beside the last one. */
    private List<String> moved() {
        return Blocking.await(history.page(LAMP, null, null, 10)).changes().stream()
                .map(ShadowChange::by)
                .toList();
    }

    private static String byOf(StoredShadow shadow) {
        ShadowChange last = shadow.lastChange();
        return last == null ? "" : last.by();
    }

    private static OutcomeUnknownException unknown() {
        return new OutcomeUnknownException("the answer was lost", new IllegalStateException("for this test"));
    }
}
