package io.hearth.promql;

import java.util.ArrayList;
import java.util.List;

/** Makes selectors of series: a name, matchers in braces, or both. */
final class SelectorParser {
    private final Parser parser;
    private long regexElements;

    SelectorParser(Parser parser) {
        this.parser = parser;
    }

    /** What begins with the name of a metric, which has been read. */
    Expr named(Token name) {
        List<LabelMatcher> matchers = new ArrayList<>();
        matchers.add(new LabelMatcher(Labels.NAME, LabelMatcher.Operator.EQUAL, name.text()));
        if (parser.peek().is("{")) {
            parser.next();
            matchers.addAll(matchers());
            long names = matchers.stream()
                    .filter(matcher -> matcher.label().equals(Labels.NAME))
                    .count();
            parser.require(names == 1, name, "metric name must not be set twice");
        }
        return new Expr.Selector(matchers, 0);
    }

    /** What begins with a brace, which has been read. */
    Expr braced(Token brace) {
        List<LabelMatcher> matchers = matchers();
        parser.require(
                matchers.stream().anyMatch(matcher -> !matcher.matches("")),
                brace,
                "vector selector must contain at least one non-empty matcher");
        return new Expr.Selector(matchers, 0);
    }

    /** The name of a label, as a word or quoted. */
    String labelName(Token name) {
        boolean plain = name.kind() == Token.Kind.IDENTIFIER && name.text().indexOf(':') < 0;
        boolean quoted = name.kind() == Token.Kind.STRING;
        parser.require(plain || quoted, name, "unexpected " + name.described() + ", expected a label");
        return name.text();
    }

    private List<LabelMatcher> matchers() {
        List<LabelMatcher> matchers = new ArrayList<>();
        while (!parser.peek().is("}")) {
            matchers.add(matcher());
            if (!parser.peek().is("}")) {
                parser.expect(",");
            }
        }
        parser.expect("}");
        return matchers;
    }

    /** A condition on a label; a quoted text alone is the name of the metric. */
    private LabelMatcher matcher() {
        Token name = parser.next();
        Token operator = parser.peek();
        if (name.kind() == Token.Kind.STRING && (operator.is(",") || operator.is("}"))) {
            return new LabelMatcher(Labels.NAME, LabelMatcher.Operator.EQUAL, name.text());
        }
        String label = labelName(name);
        parser.next();
        parser.require(
                operator.is("=") || operator.is("!=") || operator.is("=~") || operator.is("!~"),
                operator,
                "unexpected " + operator.described()
                        + " in label matching, expected one of \"=\", \"!=\", \"=~\", \"!~\"");
        Token value = parser.next();
        parser.require(
                value.kind() == Token.Kind.STRING,
                value,
                "unexpected " + value.described() + " in label matching, expected string");
        LabelMatcher matcher = new LabelMatcher(label, LabelMatcher.Operator.of(operator.text()), value.text());
        regexElements += matcher.elements();
        LabelMatcher.requireSize(regexElements);
        return matcher;
    }
}
