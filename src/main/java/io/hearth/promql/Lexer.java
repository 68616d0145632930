package io.hearth.promql;

import java.util.ArrayList;
import java.util.List;

/** Cuts a query into tokens. */
final class Lexer {
    private static final List<String> PAIRS = List.of("=~", "!~", "!=", "==", "<=", ">=");
    private static final String SINGLES = "(){}[],=<>+-*/%^@";

    private final String query;
    private final List<Token> tokens = new ArrayList<>();
    private int at;
    private int bracketDepth;

    private Lexer(String query) {
        this.query = query;
    }

    /** All tokens, the last of kind END. */
    static List<Token> tokens(String query) {
        Lexer lexer = new Lexer(query);
        while (lexer.next()) {}
        lexer.add(Token.Kind.END, "", query.length());
        return lexer.tokens;
    }

    /** A failure at a position, as {@code line:column: parse error: …}. */
    static PromQlException error(String query, int position, String message) {
        int line = 1;
        int lineStart = 0;
        for (int i = 0; i < position; i++) {
            if (query.charAt(i) == '\n') {
                line++;
                lineStart = i + 1;
            }
        }
        return PromQlException.bad(line + ":" + (position - lineStart + 1) + ": parse error: " + message);
    }

    private boolean next() {
        skipBlanks();
        if (at == query.length()) {
            return false;
        }
        char c = query.charAt(at);
        if (isDigit(c) || c == '.' && at + 1 < query.length() && isDigit(query.charAt(at + 1))) {
            number();
        } else if (c == ':' && bracketDepth > 0) {
            add(Token.Kind.SYMBOL, ":", at++);
        } else if (isIdentifierStart(c)) {
            int start = at;
            while (at < query.length() && isIdentifierPart(query.charAt(at))) {
                at++;
            }
            add(Token.Kind.IDENTIFIER, query.substring(start, at), start);
        } else if (c == '"' || c == '\'' || c == '`') {
            string(c);
        } else {
            symbol(c);
        }
        return true;
    }

    private void skipBlanks() {
        while (at < query.length()) {
            char c = query.charAt(at);
            if (c == '#') {
                while (at < query.length() && query.charAt(at) != '\n') {
                    at++;
                }
            } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
                at++;
            } else {
                return;
            }
        }
    }

    private void symbol(char c) {
        if (at + 1 < query.length() && PAIRS.contains(query.substring(at, at + 2))) {
            add(Token.Kind.SYMBOL, query.substring(at, at + 2), at);
            at += 2;
            return;
        }
        if (SINGLES.indexOf(c) < 0) {
            throw error(query, at, "unexpected character: '" + Character.toString(query.codePointAt(at)) + "'");
        }
        bracketDepth += c == '[' ? 1 : c == ']' ? -1 : 0;
        add(Token.Kind.SYMBOL, String.valueOf(c), at++);
    }

    private void number() {
        int start = at;
        if (query.startsWith("0x", at) || query.startsWith("0X", at)) {
            at += 2;
            while (at < query.length() && (Character.digit(query.charAt(at), 16) >= 0 || query.charAt(at) == '_')) {
                at++;
            }
        } else {
            digits();
            if (at < query.length() && query.charAt(at) == '.') {
                at++;
                digits();
            }
            exponent();
        }
        boolean duration = false;
        while (at < query.length() && (isLetter(query.charAt(at)) || isDigit(query.charAt(at)))) {
            duration = true;
            at++;
        }
        String text = query.substring(start, at);
        add(duration ? Token.Kind.DURATION : Token.Kind.NUMBER, text, start);
    }

    private void digits() {
        while (at < query.length() && (isDigit(query.charAt(at)) || query.charAt(at) == '_')) {
            at++;
        }
    }

    private void exponent() {
        if (at >= query.length() || (query.charAt(at) | 0x20) != 'e') {
            return;
        }
        int digit = at + 1;
        if (digit < query.length() && (query.charAt(digit) == '+' || query.charAt(digit) == '-')) {
            digit++;
        }
        if (digit < query.length() && isDigit(query.charAt(digit))) {
            at = digit;
            digits();
        }
    }

    private void string(char quote) {
        int start = at++;
        StringBuilder text = new StringBuilder();
        while (true) {
            if (at == query.length() || quote != '`' && query.charAt(at) == '\n') {
                throw error(query, start, "unterminated quoted string");
            }
            char c = query.charAt(at++);
            if (c == quote) {
                break;
            }
            if (c == '\\' && quote != '`') {
                escape(quote, text);
            } else {
                text.append(c);
            }
        }
        add(Token.Kind.STRING, text.toString(), start);
    }

    /** The escapes of Go's strings (go.dev/ref/spec#Rune_literals), but only the quote in use; bytes only up to 7F. */
    private void escape(char quote, StringBuilder text) {
        int start = at - 1;
        char c = at < query.length() ? query.charAt(at++) : quote;
        switch (c) {
            case 'a' -> text.append('\u0007');
            case 'b' -> text.append('\b');
            case 'f' -> text.append('\f');
            case 'n' -> text.append('\n');
            case 'r' -> text.append('\r');
            case 't' -> text.append('\t');
            case 'v' -> text.append('\u000B');
            case '\\' -> text.append('\\');
            case 'x' -> text.append((char) code(start, 2, 16, 0x7F));
            case 'u' -> text.appendCodePoint(code(start, 4, 16, Character.MAX_CODE_POINT));
            case 'U' -> text.appendCodePoint(code(start, 8, 16, Character.MAX_CODE_POINT));
            default -> {
                if (c >= '0' && c <= '7') {
                    at--;
                    text.append((char) code(start, 3, 8, 0x7F));
                } else if (c == quote && query.charAt(at - 1) == quote) {
                    text.append(quote);
                } else {
                    throw error(query, start, "unknown escape sequence");
                }
            }
        }
    }

    private int code(int start, int digits, int radix, int max) {
        long code = 0;
        for (int i = 0; i < digits; i++) {
            int digit = at < query.length() ? Character.digit(query.charAt(at++), radix) : -1;
            if (digit < 0) {
                throw error(query, start, "illegal escape sequence");
            }
            code = code * radix + digit;
        }
        if (code > max || code >= Character.MIN_SURROGATE && code <= Character.MAX_SURROGATE) {
            throw error(query, start, "escape sequence is an invalid code point");
        }
        return (int) code;
    }

    private void add(Token.Kind kind, String text, int position) {
        tokens.add(new Token(kind, text, position));
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isLetter(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
    }

    private static boolean isIdentifierStart(char c) {
        return isLetter(c) || c == '_' || c == ':';
    }

    private static boolean isIdentifierPart(char c) {
        return isIdentifierStart(c) || isDigit(c);
    }
}
