package io.hearth.promql;

/**
 * A piece of a query.
 *
 * @param text a string's contents; anything else as it was written
 * @param position where it begins, in characters
 */
record Token(Kind kind, String text, int position) {
    /** What sort of piece it is. */
    enum Kind {
        IDENTIFIER,
        NUMBER,
        DURATION,
        STRING,
        SYMBOL,
        END
    }

    boolean is(String symbol) {
        return kind == Kind.SYMBOL && text.equals(symbol);
    }

    /** Whether it is this word, in whatever case. */
    boolean isWord(String word) {
        return kind == Kind.IDENTIFIER && text.equalsIgnoreCase(word);
    }

    /** How a message names it. */
    String described() {
        return switch (kind) {
            case IDENTIFIER -> "identifier \"" + text + '"';
            case NUMBER -> "number \"" + text + '"';
            case DURATION -> "duration \"" + text + '"';
            case STRING -> "string \"" + text + '"';
            case SYMBOL -> '"' + text + '"';
            case END -> "end of input";
        };
    }
}
