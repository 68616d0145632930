package io.hearth.codec;

/**
 * A reading of a well-formed payload that cannot be stored, while the others can.
 *
 * @param index its place in the payload, from 0
 * @param detail what is wrong, for its sender
 */
public record RejectedReading(int index, String detail) {}
