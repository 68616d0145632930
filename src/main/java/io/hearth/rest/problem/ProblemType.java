package io.hearth.rest.problem;

/** The kinds of problem. Clients tell them apart by {@link #uri}, so a name once published stays. */
public enum ProblemType {
    INVALID_REQUEST(400, "Invalid request"),
    INVALID_READINGS(400, "No reading could be stored"),
    NOT_FOUND(404, "Not found"),
    UNKNOWN_DEVICE(404, "Unknown device"),
    METHOD_NOT_ALLOWED(405, "Method not allowed"),
    NOT_ACCEPTABLE(406, "Not acceptable"),
    ALREADY_RUNNING(409, "Already running"),
    BACKUPS_OFF(409, "Backups are off"),
    CLOCK_AHEAD(409, "Written ahead of the clock"),
    CHANGES_GONE(410, "Changes are no longer kept"),
    PRECONDITION_FAILED(412, "Precondition failed"),
    PAYLOAD_TOO_LARGE(413, "Payload too large"),
    UNSUPPORTED_MEDIA_TYPE(415, "Unsupported media type"),
    QUERY_TOO_LARGE(422, "Query too large"),
    TOO_MANY_REQUESTS(429, "Too many requests"),
    INTERNAL_ERROR(500, "Internal error"),
    DAMAGED_DATA(500, "Damaged data"),
    BACKUP_FAILED(500, "Backup failed"),
    OVERLOADED(503, "Overloaded");

    private final int status;
    private final String title;
    private final String uri;

    ProblemType(int status, String title) {
        this.status = status;
        this.title = title;
        uri = "urn:hearth:problem:" + name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }

    public int status() {
        return status;
    }

    /** The same for every occurrence; what is particular to one is its detail. */
    public String title() {
        return title;
    }

    public String uri() {
        return uri;
    }
}
