package io.hearth.sync.wire;

import java.util.Locale;

/**
 * A line of a peer that cannot be taken in now, and is kept so that it holds nothing else up.
 *
 * @param line as it arrived, or as it would
 * @param why what went wrong, for people
 */
public record PutAside(String line, Reason reason, String why) {
    /** Why a line cannot be taken in. */
    public enum Reason {
        /** It has a kind, version or format that this build does not know; a later build may. */
        LATER_VERSION,
        /** It arrived whole, and makes no sense. */
        UNREADABLE,
        /** It makes sense, and could not be stored. */
        FAILED;

        /** As in metrics and answers. */
        public String text() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }
}
