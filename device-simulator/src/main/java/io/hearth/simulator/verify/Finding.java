package io.hearth.simulator.verify;

/**
 * One thing found wrong.
 *
 * @param reading what it concerns: device, then time or sequence number, and what was expected and found
 */
public record Finding(FindingClass findingClass, String reading) {}
