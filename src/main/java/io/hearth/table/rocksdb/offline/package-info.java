/** What is done to a table that is not open: it is verified, repaired, or restored from a backup. */
@NullMarked
package io.hearth.table.rocksdb.offline;

import org.jspecify.annotations.NullMarked;
