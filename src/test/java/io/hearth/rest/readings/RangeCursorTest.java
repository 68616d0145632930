package io.hearth.rest.readings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.model.TimeRange;
import io.hearth.rest.problem.ProblemException;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RangeCursorTest {
    private static final TimeRange REST = new TimeRange(5, Long.MAX_VALUE);

    @Test
    void decode_whatWasEncoded_isTheSame() {
        RangeCursor cursor = new RangeCursor(new TimeRange(-7, 9), Long.MIN_VALUE, 42);

        assertThat(RangeCursor.decode(cursor.encode())).isEqualTo(cursor);
    }

    @Test
    void encode_pinsItsBytes() {
        assertThat(new RangeCursor(new TimeRange(1, 2), 3, 4).encode())
                .isEqualTo("AQAAAAAAAAABAAAAAAAAAAIAAAAAAAAAAwAAAAAAAAAE");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "!",
                "abc",
                "AQAAAAAAAAABAAAAAAAAAAIAAAAAAAAAAwAAAAAAAAA",
                "AgAAAAAAAAABAAAAAAAAAAIAAAAAAAAAAwAAAAAAAAAE",
                "AQAAAAAAAAACAAAAAAAAAAEAAAAAAAAAAwAAAAAAAAAE"
            })
    void decode_whatIsNoCursor_isRefused(String text) {
        assertThatThrownBy(() -> RangeCursor.decode(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void fingerprint_tellsListsApart() {
        assertThat(RangeCursor.fingerprint(List.of("a", "b")))
                .isEqualTo(RangeCursor.fingerprint(List.of("a", "b")))
                .isNotEqualTo(RangeCursor.fingerprint(List.of("ab")))
                .isNotEqualTo(RangeCursor.fingerprint(List.of("b", "a")))
                .isNotEqualTo(RangeCursor.fingerprint(Arrays.asList("a", "b", null)));
    }

    @Test
    void range_ofACursorOfTheSameQuery_isWhatIsLeft() {
        String cursor = query("d1", "a,b", "-1h", null).cursorFor(REST);

        assertThat(query("d1", "b,a", "-1h", cursor).range(0)).isEqualTo(REST);
        assertThat(query("d1", "b,a", null, cursor).range(0)).isEqualTo(REST);
    }

    @Test
    void range_ofACursorOfAnotherQuery_isRefused() {
        String cursor = query("d1", "a,b", "-1h", null).cursorFor(REST);

        for (RangeParams other : List.of(
                query("d2", "a,b", "-1h", cursor),
                query("d1", "a", "-1h", cursor),
                query("d1", "a,b", "-2h", cursor))) {
            assertThatThrownBy(() -> other.range(0))
                    .isInstanceOf(ProblemException.class)
                    .hasMessageContaining("cursor is from another query");
        }
        RangeParams descending = query("d1", "a,b", "-1h", cursor);
        descending.order = "desc";
        assertThatThrownBy(() -> descending.range(0)).hasMessageContaining("cursor is from another query");
    }

    @Test
    void cursorFor_theThirdPage_stillKnowsTheRangeOfTheFirst() {
        String second = query("d1", "a", "-1h", null).cursorFor(REST);
        String third = query("d1", "a", null, second).cursorFor(REST);

        assertThat(query("d1", "a", "-1h", third).range(0)).isEqualTo(REST);
    }

    private static RangeParams query(String id, String metrics, @Nullable String from, @Nullable String cursor) {
        RangeParams params = new RangeParams();
        params.id = id;
        params.metrics = metrics;
        params.from = from;
        params.cursor = cursor;
        return params;
    }
}
