package io.hearth.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.model.EpochMicros;
import io.hearth.series.SeriesFixture;
import io.hearth.series.SeriesStore;
import io.hearth.table.Blocking;
import io.hearth.table.Bytes;
import io.hearth.table.Change;
import io.hearth.table.Cursor;
import io.hearth.table.CursorExpiredException;
import io.hearth.table.InvalidCursorException;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.Write;
import io.hearth.table.memory.MemoryTable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FeedPagesTest {
    private static final LiveFilter ALL = new LiveFilter(Set.of(), Set.of(LiveEvent.Kind.values()));

    private final SeriesFixture clock = new SeriesFixture();
    private final MemoryTable table = new MemoryTable(clock);
    private final SeriesStore store = clock.open(table, Duration.ofDays(30));
    private final FeedPages pages = new FeedPages(table, new LiveEvents());

    @Test
    void advance_nothingIsNew_doesNothing_andThenHoldsAPageForThoseAtTheHead() {
        assertThat(pages.advance()).isFalse();
        Cursor start = pages.now();
        assertThat(pages.isHead(start)).isTrue();
        assertThat(pages.heldAt(start)).isNull();

        append(1);

        assertThat(pages.advance()).isTrue();
        FeedPage page = Objects.requireNonNull(pages.heldAt(start));
        assertThat(page.lastWanted(ALL)).as("the one event in it").isZero();
        assertThat(pages.isHeld(page)).isTrue();
        assertThat(pages.isHead(start)).isFalse();
        assertThat(pages.isHead(page.next())).isTrue();
        assertThat(page.next()).isEqualTo(pages.now());
    }

    @Test
    void readAt_aPlaceThatIsHeld_isAPageOfItsOwn() {
        pages.advance();
        Cursor start = pages.now();
        append(1);
        pages.advance();

        FeedPage own = pages.readAt(start);

        assertThat(own.next()).isEqualTo(pages.now());
        assertThat(pages.isHeld(own)).isFalse();
    }

    @Test
    void advance_moreThanIsHeld_forgetsTheOldestPages() {
        append(1);
        Key key = keyOfTheEvent();
        pages.advance();
        List<Cursor> starts = new ArrayList<>(List.of(pages.now()));
        for (int i = 0; i < 60; i++) {
            Item large = new Item(key, Bytes.wrap(new byte[300_000]), 0, 0, null);
            Blocking.await(table.write(List.of(new Write.Put(large))));
            starts.add(pages.now());
            pages.advance();
        }

        List<FeedPage> held = new ArrayList<>();
        for (Cursor start : starts) {
            FeedPage page = pages.heldAt(start);
            if (page != null) {
                held.add(page);
            }
        }
        assertThat(pages.heldAt(starts.get(0))).isNull();
        assertThat(pages.heldAt(starts.get(59))).isNotNull();
        assertThat(held.stream().mapToLong(FeedPage::bytes).sum()).isBetween(7L << 20, 8L << 20);
    }

    @Test
    void forgetAll_whatWasHeld_isGone_andTheFeedBeginsAnew() {
        pages.advance();
        Cursor start = pages.now();
        append(1);
        pages.advance();

        pages.forgetAll();

        assertThat(pages.heldAt(start)).isNull();
        assertThat(pages.isHead(pages.now())).isFalse();
        assertThat(pages.advance()).isFalse();
        assertThat(pages.isHead(pages.now())).isTrue();
    }

    @Test
    void isKept_placesOfThisFeedAndOfOthers_areToldApart() {
        append(1);
        assertThat(pages.isKept(pages.oldest())).isTrue();
        assertThat(pages.oldest()).isNotEqualTo(pages.now());
        Cursor ofAnother = new FeedPages(new MemoryTable(clock), new LiveEvents()).now();
        assertThat(pages.isKept(ofAnother)).isFalse();
        assertThatThrownBy(() -> pages.readAt(ofAnother)).isInstanceOf(CursorExpiredException.class);
        assertThatThrownBy(() -> pages.isKept(new Cursor("none"))).isInstanceOf(InvalidCursorException.class);
    }

    private Key keyOfTheEvent() {
        LiveEvents events = new LiveEvents();
        return Blocking.await(table.changes(pages.oldest(), 100)).changes().stream()
                .filter(change -> events.entryOf(change) != null)
                .map(change -> ((Change.Stored) change).item().key())
                .findFirst()
                .orElseThrow();
    }

    private void append(double value) {
        long timeMicros = EpochMicros.of(SeriesFixture.START);
        SeriesFixture.append(store, "d1", timeMicros, Map.of("a", value));
    }
}
