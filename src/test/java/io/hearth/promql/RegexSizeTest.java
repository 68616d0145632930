package io.hearth.promql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.re2j.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RegexSizeTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            quoteCharacter = '~',
            value = {
                "abc 3",
                "a{10} 20",
                "a{2,10}b 21",
                "a{3,} 6",
                "(ab){5} 25",
                "((a{2}){3}){4} 96",
                // Not repetitions.
                "a{,3} 5",
                "a{b} 4",
                "a{ 2",
                "\\Qa{1000}{1000}\\E 13",
                "\\{1000} 6",
                // Classes and escapes are one element, whatever is in them.
                "[(){9}a-z] 1",
                "[]{9}]{2} 4",
                "[^]{9}]{2} 4",
                "[[:alpha:]{9}]{2} 4",
                "[\\]{9}]{2} 4",
                "\\p{Greek}{2} 4",
                "\\pL{2} 4",
                "\\x{61}{2} 4",
                // What a group begins with is no element.
                "(?i:a) 3",
                "(?P<name>a) 3",
            })
    void of_expression_writesItsRepetitionsOut(String expression, long elements) {
        Pattern.compile(expression);

        assertThat(RegexSize.of(expression)).isEqualTo(elements);
    }

    @Test
    void of_repetitionsWithinRepetitions_areMultiplied() {
        assertThat(RegexSize.of("((x{10}){10}){10}y{1000}")).isPositive();

        assertThatThrownBy(() -> RegexSize.of("((x{10}){10}){11}"))
                .isInstanceOf(PromQlException.class)
                .hasMessageContaining("repeat at most 1000 times in all");
    }

    @Test
    void of_groupsWithinGroups_asDeepAsAllowed_areCompiled() {
        String deep = "(".repeat(RegexSize.MAX_DEPTH) + "a" + ")*".repeat(RegexSize.MAX_DEPTH);
        assertThat(RegexSize.of(deep)).isPositive();
        assertThat(Pattern.compile(deep).matches("aaa")).isTrue();

        assertThatThrownBy(() -> RegexSize.of("(" + deep + ")")).hasMessageContaining("500 groups within groups");
    }
}
