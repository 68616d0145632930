package io.hearth.table;

/** Where to begin with the change feed. */
public enum ChangeStart {
    /** The oldest change that is still kept. */
    OLDEST,
    /** Behind every change that has been committed: only what comes later. */
    NOW
}
