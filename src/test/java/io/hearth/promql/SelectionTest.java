package io.hearth.promql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.limits.RunningQueries;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SelectionTest {
    private final MemorySeries source = new MemorySeries(10)
            .put("d1", 1, Map.of("temperature", 1, "ENERGY.Power", 2))
            .put("d2", 1, Map.of("temperature", 1, "ENERGY.Power", 2, "ENERGY_Power", 3))
            .put("kitchen:1", 1, Map.of("temperature", 1));

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '~',
            value = {
                "temperature ; d1/temperature d2/temperature kitchen:1/temperature",
                "temperature{device=\"d2\"} ; d2/temperature",
                "temperature{device=~\"d2|d1|gone|not a device\"} ; d1/temperature d2/temperature",
                "temperature{device=~\"d[12]\"} ; d1/temperature d2/temperature",
                "temperature{device=~\"d\"} ; ~~",
                "temperature{device!~\"d.*\"} ; kitchen:1/temperature",
                "temperature{device=~\"d.\", device!=\"d1\"} ; d2/temperature",
                "temperature{room=\"\"} ; d1/temperature d2/temperature kitchen:1/temperature",
                "temperature{room=\"hall\"} ; ~~",
                // The classic name, but where it is the name of another metric.
                "ENERGY_Power ; d1/ENERGY_Power d2/ENERGY_Power",
                "{\"ENERGY.Power\"} ; d1/ENERGY.Power d2/ENERGY.Power",
                "{__name__=~\"ENERGY.+\", device=\"d1\"} ; d1/ENERGY_Power",
                "{__name__=~\"ENERGY[.].+\", device=\"d1\"} ; d1/ENERGY.Power",
                "{device=\"d1\", __name__!=\"ENERGY.Power\"} ; d1/temperature",
                "{device=\"d1\", __name__!=\"ENERGY_Power\"} ; d1/temperature",
                "{device=\"d1\", __name__!=\"temperature\"} ; d1/ENERGY_Power",
                "{device=\"d2\"} ; d2/ENERGY.Power d2/ENERGY_Power d2/temperature",
            })
    void of_matchers_findsSeriesByTheirNames(String selector, String expected) {
        List<String> found = new ArrayList<>();
        new Selection(Parser.parseMatchers(selector))
                .of(source, Answers.budget(Duration.ofMinutes(1)))
                .forEachRemaining(device -> device.series()
                        .forEach(series -> found.add(series.labels().get("device") + "/"
                                + series.labels().get("__name__"))));

        assertThat(String.join(" ", found)).isEqualTo(expected);
    }

    @Test
    void of_devicesThatDoNotMatch_endsWithTheTimeOfTheQuery() {
        Selection nothing = new Selection(Parser.parseMatchers("{device=~\"(x?){1000}y\"}"));

        assertThatThrownBy(() -> nothing.of(source, Answers.budget(Duration.ZERO)))
                .isInstanceOfSatisfying(
                        PromQlException.class,
                        ended -> assertThat(ended.type()).isEqualTo(PromQlException.Type.TIMEOUT));
    }

    @Test
    void of_clientHasGone_ends() {
        RunningQueries queries = new RunningQueries(1, Long.MAX_VALUE, Duration.ZERO, new SimpleMeterRegistry());
        AtomicBoolean gone = new AtomicBoolean();
        QueryBudget budget = new QueryBudget(Duration.ofMinutes(1), queries.begin(gone::get, Duration.ZERO));
        Iterator<Selection.DeviceSeries> found = new Selection(Parser.parseMatchers("temperature")).of(source, budget);
        gone.set(true);

        assertThatThrownBy(found::next)
                .isInstanceOfSatisfying(
                        PromQlException.class,
                        ended -> assertThat(ended.type()).isEqualTo(PromQlException.Type.CANCELED));
    }
}
