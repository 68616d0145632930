package io.hearth.promql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ParserTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1 + 2 * 3 | 7",
                "(1 + 2) * 3 | 9",
                "10 - 3 - 2 | 5",
                "2 ^ 3 ^ 2 | 512",
                "-2 ^ 2 | -4",
                "2 ^ -1 * 4 | 2",
                "-1 * -2 | 2",
                "+3 - -3 | 6",
                "17 % 5 * 2 | 4",
                "-7 % 3 | -1",
                "1 < bool 2 + 1 | 1",
                "2 == bool 2 | 1",
                "2 != bool 2 | 0",
                "1_000 + 0x1F | 1031",
                "0755 | 493",
                "0_755 | 493",
                "08 | 8",
                "00.5 | 0.5",
                "0 | 0",
                "0x_1F | 31",
                ".5 + 5. + 1e-1 | 5.6",
                "1h30m | 5400",
                "1d + 1s500ms | 86401.5",
                "inf | Infinity",
                "-Inf | -Infinity",
                "1 / 0 | Infinity",
                "NaN ^ 0 | 1",
                "1 ^ NaN | 1",
                "time() | 1700000000.5",
                "1 # a comment | 1",
            })
    void parse_scalars_bindAsPrometheus(String query, double value) {
        assertThat(Answers.scalar(query)).isEqualTo(value);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '~',
            value = {
                "temperature ; [__name__=\"temperature\"]",
                "temperature{} ; [__name__=\"temperature\"]",
                "a:b_c{device='x',} ; [__name__=\"a:b_c\", device=\"x\"]",
                "{\"ENERGY.Power\", device!=\"d1\"} ; [__name__=\"ENERGY.Power\", device!=\"d1\"]",
                "{__name__=~`EN.*`, \"device\"!~\"\\x61|\\142|\\u0063\"} ; [__name__=~\"EN.*\", device!~\"a|b|c\"]",
                "count{device=\"a\\\"b\\\\\"} ; [__name__=\"count\", device=\"a\"b\\\"]",
                "{device=\"\",__name__=\"x\"} ; [device=\"\", __name__=\"x\"]",
            })
    void parse_selectors_haveTheirMatchers(String query, String matchers) {
        assertThat(((Expr.Selector) Parser.parse(query)).matchers()).hasToString(matchers);
    }

    @Test
    void parse_windowsAndOffsets_areMicroseconds() {
        Expr.WindowCall call = (Expr.WindowCall) Parser.parse("rate(x[1h5m] OFFSET -30s)");

        assertThat(call.function()).isEqualTo(WindowFunction.RATE);
        assertThat(call.window().rangeMicros()).isEqualTo(65 * 60_000_000L);
        assertThat(call.window().series().offsetMicros()).isEqualTo(-30_000_000L);
        assertThat(((Expr.Selector) Parser.parse("x offset 1w")).offsetMicros()).isEqualTo(7 * 86_400_000_000L);
        assertThat(((Expr.RangeSelector) Parser.parse("x[300]")).rangeMicros()).isEqualTo(300_000_000L);
    }

    @Test
    void parse_aggregations_takeTheirLabelsOnEitherSide() {
        Expr before = Parser.parse("SUM by (device, __name__) (x)");
        Expr after = Parser.parse("sum(x) by (device, __name__,)");

        assertThat(before.toString()).isEqualTo(after.toString());
        assertThat(((Expr.Aggregate) Parser.parse("topk without(device)(3, x)"))
                        .grouping()
                        .without())
                .isTrue();
        assertThat(((Expr.Aggregate) Parser.parse("avg(x)")).grouping().labels())
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"sum", "by", "offset", "bool", "rate", "topk{device=\"d\"}"})
    void parse_keywordsAsMetrics_areSelectors(String query) {
        assertThat(Parser.parse(query)).isInstanceOf(Expr.Selector.class);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "~~ | 1:1: parse error: no expression found in input",
                "1 + | 1:4: parse error: unexpected end of input",
                "x{ | 1:3: parse error: unexpected end of input",
                "1e400 | 1:1: parse error: bad number or duration syntax: \"1e400\"",
                "1_ | bad number or duration syntax",
                "1__0 | bad number or duration syntax",
                "1_.5 | bad number or duration syntax",
                "0x | bad number or duration syntax",
                "0x1__F | bad number or duration syntax",
                "x[1_0m] | not a valid duration string",
                "x{a} | unexpected \"}\" in label matching",
                "x{a=1} | 1:5: parse error: unexpected number \"1\" in label matching, expected string",
                "x{a:b=\"1\"} | expected a label",
                "{} | vector selector must contain at least one non-empty matcher",
                "{device=~\".*\"} | vector selector must contain at least one non-empty matcher",
                "x{__name__=\"y\"} | metric name must not be set twice",
                "x{a=~\"(\"} | error parsing regexp",
                "x{a=~\"(a)\\\\1\"} | error parsing regexp",
                "x{a=~\"x{1001}\"} | error parsing regexp",
                "x{a=~\"((x{1000}){1000}){1000}\"} | repeat at most 1000 times in all",
                "x{a=~\"(x{32}y{2}){32,}\"} | repeat at most 1000 times in all",
                "x{a=~\"(?i:[[:alpha:])]{500}){3}\"} | repeat at most 1000 times in all",
                "x{a=~\"(abcdefghijk){900}\", b=~\"(abcdefghijk){900}\"} | may have at most 20000 elements",
                "x y | 1:3: parse error: unexpected identifier \"y\"",
                "(1 | unexpected end of input, expected \")\"",
                "\"abc | unterminated quoted string",
                "x{a=\"\\q\"} | unknown escape sequence",
                "x ~ 2 | unexpected character: '~'",
                "1 == 2 | comparisons between scalars must use BOOL modifier",
                "1 + bool 2 | bool modifier can only be used on comparison operators",
                "x[5m] + 1 | binary expression must contain only scalar and instant vector types",
                "-\"a\" | unary expression only allowed on expressions of type scalar or instant vector",
                "rate(x) | expected type range vector in call to function \"rate\", got instant vector",
                "rate(x[5m], 1) | expected 1 argument(s) in call to \"rate\", got 2",
                "rate(x[0s]) | duration must be greater than 0",
                "rate(x[5q]) | not a valid duration string: \"5q\"",
                "rate(x[1m1h]) | not a valid duration string",
                "rate(x[9999y]) | duration out of range",
                "sum(x)[5m] | ranges only allowed for vector selectors",
                "sum(x) offset 5m | offset modifier must be preceded by",
                "x offset 5m offset 5m | offset may not be set multiple times",
                "x offset 5m[1m] | no offset modifiers allowed before range",
                "sum(x, y) | wrong number of arguments for aggregate expression provided, expected 1, got 2",
                "topk(x) | wrong number of arguments for aggregate expression provided, expected 2, got 1",
                "topk(x, x) | expected type scalar in aggregation parameter, got instant vector",
                "abs(1) | expected type instant vector in call to function \"abs\", got scalar",
                "clamp(x, 1) | expected 3 argument(s)",
                "foo(x) | unknown function with name \"foo\"; supported are abs, avg, avg_over_time, bottomk",
            })
    void parse_malformed_saysWhereAndWhat(String query, String message) {
        assertThatThrownBy(() -> Parser.parse(query))
                .isInstanceOf(PromQlException.class)
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "histogram_quantile(0.9, x) | histogram_quantile is not supported; supported are abs, avg",
                "label_replace(x, \"a\", \"b\", \"c\", \"d\") | label_replace is not supported",
                "quantile by (device) (0.9, x) | quantile is not supported",
                "count_values(\"v\", x) | count_values is not supported",
                "max_over_time(rate(x[5m])[1h:1m]) | a subquery is not supported",
                "x @ 1700000000 | the @ modifier is not supported",
                "x / y | the operator \"/\" between two vectors is not supported",
                "x and y | the operator \"and\" is not supported",
                "x unless y | the operator \"unless\" is not supported",
                "x * on(device) y | vector matching with on is not supported",
                "x * ignoring(device) group_left y | vector matching with ignoring is not supported",
            })
    void parse_whatIsNotThere_isNamed(String query, String message) {
        assertThatThrownBy(() -> Parser.parse(query))
                .isInstanceOf(PromQlException.class)
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"(", "-", "1+", "abs("})
    void parse_thousandsOfOperators_isRefused(String piece) {
        assertThatThrownBy(() -> Parser.parse(piece.repeat(100_000)))
                .isInstanceOf(PromQlException.class)
                .hasMessageContaining("a query may have at most 500 operators");
    }

    @Test
    void parse_longExpression_mustBePlainAlternatives() {
        String alternatives = "device-1\\\\.|".repeat(1000) + "x";

        assertThat(Parser.parseMatchers("{device=~\"(" + alternatives + ")\"}")
                        .get(0)
                        .matches("device-1."))
                .isTrue();
        assertThatThrownBy(() -> Parser.parse("{device=~\".+|" + alternatives + "\"}"))
                .hasMessageContaining("at most 4096 characters");
    }
}
