package io.hearth.table.rocksdb;

import java.util.UUID;

/**
 * The files of a table as they were at one moment, in a directory of their own.
 *
 * @param table the table's id
 * @param format the version of the table's format
 * @param sequence a sequence number up to which every commit is in the files; some later ones may be, too
 * @param takenMicros by the wall clock, not before any of the commits in the files began
 */
public record TableCheckpoint(UUID table, int format, long sequence, long takenMicros) {}
