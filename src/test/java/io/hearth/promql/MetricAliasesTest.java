package io.hearth.promql;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MetricAliasesTest {
    @ParameterizedTest
    @CsvSource({
        "temperature,temperature",
        "a:b_1,a:b_1",
        "ENERGY.Power,ENERGY_Power",
        "1h.mean,_h_mean",
        "größe,gr__e",
        "😀,_",
        "a😀b,a_b",
    })
    void underscored_replacesEachCharacter(String metric, String classic) {
        assertThat(MetricAliases.underscored(metric)).isEqualTo(classic);
    }

    @Test
    void of_namesThatWouldCollide_stayAsTheyAre() {
        TreeSet<String> metrics = new TreeSet<>(List.of("a.b", "a_b", "c.d", "c-d", "e.f"));

        assertThat(MetricAliases.of(metrics))
                .isEqualTo(Map.of("a.b", "a.b", "a_b", "a_b", "c.d", "c.d", "c-d", "c-d", "e.f", "e_f"));
    }
}
