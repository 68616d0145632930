package io.hearth.bytes;

/** The format that each stored item begins with. */
public final class Format {
    private Format() {}

    /**
     * Checks that this build knows a format.
     *
     * @param what is stored in it, with its article
     * @throws UnsupportedFormatException it does not
     */
    public static void require(int actual, int known, String what) {
        require(actual, known, known, what);
    }

    /** The same for a build that reads all formats from {@code oldest} to {@code latest}. */
    public static void require(int actual, int oldest, int latest, String what) {
        if (actual < oldest || actual > latest) {
            throw new UnsupportedFormatException(
                    what + " has format version " + actual + ", this build knows " + latest);
        }
    }
}
