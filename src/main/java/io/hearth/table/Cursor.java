package io.hearth.table;

/**
 * Where to go on: opaque to everybody but the engine that made it, URL-safe, valid across restarts, and only for the
 * same request it came from. A forged or foreign one fails with {@link InvalidCursorException}.
 */
public record Cursor(String value) {}
