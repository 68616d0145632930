package io.hearth.series.rollup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.model.DeviceId;
import io.hearth.series.aggregate.Every;
import io.hearth.series.item.RollupLevel;
import java.time.ZoneId;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RollupRulesTest {
    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");
    private static final long DAY = 86_400;

    @Test
    void parse_firstRuleThatFits_counts() {
        RollupRules rules =
                RollupRules.parse("meter-*/energy* = 15m for 2y; */battery = none ; 1h for 90d, 1d for ever;", BERLIN);
        RollupLevel quarter = new RollupLevel(Every.parse("15m"), 2 * 366 * DAY);
        RollupLevel hour = new RollupLevel(Every.parse("1h"), 90 * DAY);
        RollupLevel day = new RollupLevel(Every.parse("1d"), 0);
        DeviceId meter = new DeviceId("meter-1");

        assertThat(rules.levelsOf(meter)).containsExactly(day, hour, quarter);
        assertThat(rules.levelsOf(new DeviceId("lamp"))).containsExactly(day, hour);
        assertThat(rules.notKept(meter, quarter, Set.of("energy.total", "power", "battery")))
                .containsExactly("battery", "power");
        assertThat(rules.notKept(meter, day, Set.of("energy.total", "power", "battery")))
                .containsExactly("battery", "energy.total");
        assertThat(rules.notKept(new DeviceId("xmeter-1"), quarter, Set.of("energy")))
                .containsExactly("energy");
        assertThat(rules.zone()).isEqualTo(BERLIN);
    }

    @Test
    void parse_literalCharacters_areNoPatterns() {
        RollupRules rules = RollupRules.parse("d.1/a=b(.) = 1h for 1d", BERLIN);

        assertThat(rules.levelsOf(new DeviceId("dx1"))).isEmpty();
        RollupLevel hour = new RollupLevel(Every.parse("1h"), DAY);
        assertThat(RollupRules.parse("d1/a=b(.) = 1h for 1d", BERLIN)
                        .notKept(new DeviceId("d1"), hour, Set.of("a=b(.)", "a=b(x)")))
                .containsExactly("a=b(x)");
    }

    @ParameterizedTest
    @CsvSource({"1d, 86400", "8w, 4838400", "6mo, 16070400", "6M, 16070400", "2q, 15897600", "2y, 63244800", "ever, 0"})
    void parse_howLongItIsKept(String text, long seconds) {
        assertThat(RollupRules.parse("1h for " + text, BERLIN).levelsOf(new DeviceId("d")))
                .containsExactly(new RollupLevel(Every.parse("1h"), seconds));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "  ", ";", " ; "})
    void parse_nothing_keepsNothing(String text) {
        assertThat(RollupRules.parse(text, BERLIN).isEmpty()).isTrue();
        assertThat(RollupRules.parse(text, BERLIN).levelsOf(new DeviceId("d"))).isEqualTo(List.of());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1h",
                "1h for",
                "1h for 2",
                "1h for 2h",
                "1h for 0d",
                "1h for 2001y",
                "for 2y",
                "2x for 2y",
                "30s for 2y",
                "1h for 2y, 60m for 1y",
                "1h for 2y,",
                "a b = 1h for 2y",
                "/m = 1h for 2y",
                "d/ = 1h for 2y",
                "d/m/x = 1h for 2y",
                "d = ",
                "d = none, 1h for 2y"
            })
    void parse_malformed_saysWhichRule(String text) {
        assertThatThrownBy(() -> RollupRules.parse("1d for 3d; " + text, BERLIN))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("the rule '" + text.strip() + "'");
    }
}
