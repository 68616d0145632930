/**
 * The way of a write: encoded by its caller, queued, committed with those who wait beside it, and answered once it
 * is durable.
 */
@NullMarked
package io.hearth.table.rocksdb.commit;

import org.jspecify.annotations.NullMarked;
