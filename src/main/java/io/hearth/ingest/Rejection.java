package io.hearth.ingest;

/**
 * A reading that was not stored.
 *
 * @param index its place in the payload, from 0
 * @param detail what is wrong with it, for its sender
 */
public record Rejection(int index, RejectionReason reason, String detail) {}
