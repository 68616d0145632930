package io.hearth.sync.feed;

/** The feed cannot be asked now: as many wait for changes as may, or the service stops. The same question may be asked later. */
public final class FeedBusyException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String detail;

    FeedBusyException(String detail) {
        super(detail);
        this.detail = detail;
    }

    /** Why, for the client. */
    public String detail() {
        return detail;
    }
}
