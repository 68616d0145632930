package io.hearth.promql;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Makes an expression of a query; what of PromQL is not there is refused by its name. */
public final class Parser {
    /** Operators, calls and parentheses of one query, so that neither parsing nor evaluation runs out of stack. */
    static final int MAX_NODES = 500;

    private static final Set<String> SET_OPERATORS = Set.of("and", "or", "unless", "atan2");
    private static final Set<String> MATCHING = Set.of("on", "ignoring", "group_left", "group_right");

    private final String query;
    private final List<Token> tokens;
    private final SelectorParser selectors = new SelectorParser(this);
    private int at;
    private int nodes;

    private Parser(String query) {
        this.query = query;
        tokens = Lexer.tokens(query);
    }

    /** @throws PromQlException if the query is malformed, or uses what is not supported */
    public static Expr parse(String query) {
        Parser parser = new Parser(query);
        if (parser.peek().kind() == Token.Kind.END) {
            throw parser.error(parser.peek(), "no expression found in input");
        }
        Expr expression = parser.binary(0);
        parser.require(parser.peek().kind() == Token.Kind.END, parser.peek());
        return expression;
    }

    /**
     * A selector alone, as {@code match[]} takes it.
     *
     * @throws PromQlException if it is not one
     */
    public static List<LabelMatcher> parseMatchers(String selector) {
        if (parse(selector) instanceof Expr.Selector parsed && parsed.offsetMicros() == 0) {
            return parsed.matchers();
        }
        throw PromQlException.bad("\"" + selector + "\" is not a series selector");
    }

    /** Operators from a precedence on, by precedence climbing. */
    private Expr binary(int minPrecedence) {
        Expr left = unary();
        while (true) {
            Token token = peek();
            refuseUnsupportedOperator(token);
            BinaryOperator operator = operatorOf(token);
            if (operator == null || operator.precedence() < minPrecedence) {
                return left;
            }
            next();
            count(token);
            boolean bool = peek().isWord("bool");
            if (bool) {
                require(operator.isComparison(), peek(), "bool modifier can only be used on comparison operators");
                next();
            }
            if (peek().kind() == Token.Kind.IDENTIFIER
                    && MATCHING.contains(peek().text().toLowerCase(Locale.ROOT))
                    && tokens.get(at + 1).is("(")) {
                throw unsupported(peek(), "vector matching with " + peek().text());
            }
            int precedence = operator.precedence();
            Expr right = binary(operator == BinaryOperator.POWER ? precedence : precedence + 1);
            left = checked(token, new Expr.Binary(operator, left, right, bool));
        }
    }

    private Expr checked(Token token, Expr.Binary binary) {
        ValueType left = binary.left().type();
        ValueType right = binary.right().type();
        for (ValueType side : List.of(left, right)) {
            require(
                    side == ValueType.SCALAR || side == ValueType.VECTOR,
                    token,
                    "binary expression must contain only scalar and instant vector types");
        }
        if (left == ValueType.VECTOR && right == ValueType.VECTOR) {
            throw unsupported(token, "the operator \"" + token.text() + "\" between two vectors");
        }
        require(
                binary.type() == ValueType.VECTOR || !binary.operator().isComparison() || binary.bool(),
                token,
                "comparisons between scalars must use BOOL modifier");
        return binary;
    }

    private static @Nullable BinaryOperator operatorOf(Token token) {
        for (BinaryOperator operator : BinaryOperator.values()) {
            if (token.is(operator.symbol())) {
                return operator;
            }
        }
        return null;
    }

    private void refuseUnsupportedOperator(Token token) {
        if (token.kind() == Token.Kind.IDENTIFIER
                && SET_OPERATORS.contains(token.text().toLowerCase(Locale.ROOT))) {
            throw unsupported(token, "the operator \"" + token.text() + '"');
        }
    }

    /** A sign binds looser than a power, as tight as a product. */
    private Expr unary() {
        Token sign = peek();
        if (!sign.is("-") && !sign.is("+")) {
            return postfix(primary());
        }
        next();
        count(sign);
        Expr operand = binary(BinaryOperator.POWER.precedence());
        require(
                operand.type() == ValueType.SCALAR || operand.type() == ValueType.VECTOR,
                sign,
                "unary expression only allowed on expressions of type scalar or instant vector, got \""
                        + operand.type().title() + '"');
        if (sign.is("+")) {
            return operand;
        }
        return operand instanceof Expr.NumberLiteral number
                ? new Expr.NumberLiteral(-number.value())
                : new Expr.Negation(operand);
    }

    private Expr primary() {
        Token token = next();
        switch (token.kind()) {
            case NUMBER, DURATION -> {
                return new Expr.NumberLiteral(number(token));
            }
            case STRING -> {
                return new Expr.StringLiteral(token.text());
            }
            case IDENTIFIER -> {
                return named(token);
            }
            default -> {}
        }
        if (token.is("(")) {
            count(token);
            Expr inner = binary(0);
            expect(")");
            return inner;
        }
        if (token.is("{")) {
            return selectors.braced(token);
        }
        throw unexpected(token);
    }

    /** A name begins an aggregation, a call, a number, or a selector: whatever follows decides. */
    private Expr named(Token name) {
        Token following = peek();
        AggregateOperator operator = aggregateOf(name);
        boolean aggregation = operator != null || CallParser.isElsewhere(name.text());
        if (following.is("(") || aggregation && (following.isWord("by") || following.isWord("without"))) {
            count(name);
            return operator == null ? new CallParser(this).call(name) : aggregate(name, operator);
        }
        return switch (name.text().toLowerCase(Locale.ROOT)) {
            case "inf" -> new Expr.NumberLiteral(Double.POSITIVE_INFINITY);
            case "nan" -> new Expr.NumberLiteral(Double.NaN);
            default -> selectors.named(name);
        };
    }

    private static @Nullable AggregateOperator aggregateOf(Token name) {
        for (AggregateOperator operator : AggregateOperator.values()) {
            if (name.isWord(operator.title())) {
                return operator;
            }
        }
        return null;
    }

    private Expr aggregate(Token name, AggregateOperator operator) {
        Expr.Grouping grouping = grouping();
        List<Expr> arguments = arguments();
        if (grouping == null) {
            grouping = grouping();
        }
        int expected = operator.picksSeries() ? 2 : 1;
        require(
                arguments.size() == expected,
                name,
                "wrong number of arguments for aggregate expression provided, expected " + expected + ", got "
                        + arguments.size());
        Expr vector = arguments.get(expected - 1);
        requireType(name, "aggregation expression", vector, ValueType.VECTOR);
        if (operator.picksSeries()) {
            requireType(name, "aggregation parameter", arguments.get(0), ValueType.SCALAR);
        }
        return new Expr.Aggregate(
                operator,
                grouping == null ? new Expr.Grouping(false, new TreeSet<>()) : grouping,
                vector,
                operator.picksSeries() ? arguments.get(0) : null);
    }

    private Expr.@Nullable Grouping grouping() {
        if (!peek().isWord("by") && !peek().isWord("without")) {
            return null;
        }
        boolean without = next().isWord("without");
        expect("(");
        SortedSet<String> labels = new TreeSet<>();
        while (!peek().is(")")) {
            labels.add(selectors.labelName(next()));
            if (!peek().is(")")) {
                expect(",");
            }
        }
        expect(")");
        return new Expr.Grouping(without, labels);
    }

    List<Expr> arguments() {
        expect("(");
        List<Expr> arguments = new ArrayList<>();
        while (!peek().is(")")) {
            arguments.add(binary(0));
            if (peek().is(",")) {
                next();
                require(!peek().is(")"), peek(), "trailing commas not allowed in function call args");
            } else {
                require(peek().is(")"), peek());
            }
        }
        expect(")");
        return arguments;
    }

    /** Windows, offsets, and what Prometheus has beside them. */
    private Expr postfix(Expr primary) {
        Expr expression = primary;
        while (true) {
            Token token = peek();
            if (token.is("[")) {
                expression = window(expression);
            } else if (token.isWord("offset")) {
                expression = offset(expression);
            } else if (token.is("@")) {
                throw unsupported(token, "the @ modifier");
            } else {
                return expression;
            }
        }
    }

    private Expr window(Expr series) {
        Token open = next();
        long rangeMicros = duration(next());
        if (peek().is(":")) {
            throw unsupported(open, "a subquery");
        }
        expect("]");
        require(rangeMicros > 0, open, "duration must be greater than 0");
        require(series instanceof Expr.Selector, open, "ranges only allowed for vector selectors");
        Expr.Selector selector = (Expr.Selector) series;
        require(selector.offsetMicros() == 0, open, "no offset modifiers allowed before range");
        return new Expr.RangeSelector(selector, rangeMicros);
    }

    private Expr offset(Expr series) {
        Token word = next();
        boolean negative = peek().is("-");
        if (negative || peek().is("+")) {
            next();
        }
        long micros = duration(next());
        long offsetMicros = negative ? -micros : micros;
        if (series instanceof Expr.Selector selector) {
            require(selector.offsetMicros() == 0, word, "offset may not be set multiple times");
            return new Expr.Selector(selector.matchers(), offsetMicros);
        }
        if (series instanceof Expr.RangeSelector range) {
            require(range.series().offsetMicros() == 0, word, "offset may not be set multiple times");
            Expr.Selector moved = new Expr.Selector(range.series().matchers(), offsetMicros);
            return new Expr.RangeSelector(moved, range.rangeMicros());
        }
        throw error(word, "offset modifier must be preceded by an instant vector selector or range vector selector");
    }

    private long duration(Token token) {
        try {
            if (token.kind() == Token.Kind.DURATION) {
                return PromDuration.parseMicros(token.text());
            }
            if (token.kind() == Token.Kind.NUMBER) {
                return PromDuration.ofSeconds(number(token));
            }
        } catch (IllegalArgumentException e) {
            throw error(token, String.valueOf(e.getMessage()));
        }
        throw error(token, "unexpected " + token.described() + ", expected a duration");
    }

    /** A duration as a number is its seconds. */
    private double number(Token token) {
        try {
            return token.kind() == Token.Kind.DURATION
                    ? PromDuration.parseMicros(token.text()) / 1e6
                    : NumberSyntax.parse(token.text());
        } catch (IllegalArgumentException e) {
            throw error(token, "bad number or duration syntax: \"" + token.text() + '"');
        }
    }

    void requireType(Token at, String where, Expr argument, ValueType expected) {
        require(
                argument.type() == expected,
                at,
                "expected type " + expected.title() + " in " + where + ", got "
                        + argument.type().title());
    }

    void require(boolean condition, Token at, String message) {
        if (!condition) {
            throw error(at, message);
        }
    }

    private void require(boolean condition, Token at) {
        if (!condition) {
            throw unexpected(at);
        }
    }

    PromQlException error(Token at, String message) {
        return Lexer.error(query, at.position(), message);
    }

    private PromQlException unexpected(Token token) {
        return error(token, "unexpected " + token.described());
    }

    private PromQlException unsupported(Token token, String what) {
        return error(
                token,
                what
                        + " is not supported; supported are selectors with offset, windows [d], functions, aggregations by or"
                        + " without labels, and operators between vectors and scalars");
    }

    private void count(Token token) {
        require(
                ++nodes <= MAX_NODES,
                token,
                "a query may have at most " + MAX_NODES + " operators, calls and parentheses");
    }

    void expect(String symbol) {
        Token token = next();
        require(token.is(symbol), token, "unexpected " + token.described() + ", expected \"" + symbol + '"');
    }

    Token peek() {
        return tokens.get(at);
    }

    Token next() {
        Token token = tokens.get(at);
        // The end stays where it is, however often it is asked for.
        at = Math.min(at + 1, tokens.size() - 1);
        return token;
    }
}
