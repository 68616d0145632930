/** The removal of expired items from disk, by a clock that cannot jump. */
@NullMarked
package io.hearth.table.rocksdb.expiry;

import org.jspecify.annotations.NullMarked;
