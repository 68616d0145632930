package io.hearth.backup;

import java.time.Duration;
import java.time.Instant;

/**
 * A finished backup.
 *
 * @param taken whatever was acknowledged before is in it
 * @param bytes of all its files, those that it shares with other backups included
 * @param copiedBytes what was copied to make it; 0 in a list
 * @param duration how long that took; zero in a list
 */
public record Backup(String id, Instant taken, int files, long bytes, long copiedBytes, Duration duration) {}
