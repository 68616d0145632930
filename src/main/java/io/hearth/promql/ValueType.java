package io.hearth.promql;

/** What an expression evaluates to. */
public enum ValueType {
    /** A number at every step. */
    SCALAR("scalar"),
    /** Per series a value, or none, at every step. */
    VECTOR("instant vector"),
    /** Per series all samples of a window. */
    RANGE("range vector"),
    STRING("string");

    private final String title;

    ValueType(String title) {
        this.title = title;
    }

    /** As Prometheus' messages call it. */
    String title() {
        return title;
    }
}
