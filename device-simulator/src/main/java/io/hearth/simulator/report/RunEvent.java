package io.hearth.simulator.report;

import java.time.Instant;

/** Something that happened to the run or was done to it, such as a chaos command. */
public record RunEvent(Instant at, String text) {}
