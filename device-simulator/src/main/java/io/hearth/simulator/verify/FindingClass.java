package io.hearth.simulator.verify;

import java.util.Locale;

/** What can be wrong with what is stored. */
public enum FindingClass {
    /** Acknowledged, and not there. */
    LOST,
    /** Sent once, and there more than once. */
    DOUBLED,
    /** There, with other values than those sent. */
    CHANGED,
    /** Acknowledged, not there when first asked for, and there a moment later. */
    LATE_VISIBLE,
    /** There, and never sent; or not sent before the instant that all must be of. */
    UNEXPECTED,
    /** Not in ascending order of device time. */
    OUT_OF_ORDER;

    /** For people: {@code late visible}. */
    public String text() {
        return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    /** As it stands in JSON: {@code lateVisible}. */
    String jsonName() {
        StringBuilder name = new StringBuilder();
        for (String word : text().split(" ")) {
            name.append(name.length() == 0 ? word : Character.toUpperCase(word.charAt(0)) + word.substring(1));
        }
        return name.toString();
    }
}
