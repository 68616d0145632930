/** How an item is stored: its row, its entry in the index, and the batch of records that a commit of such rows is. */
@NullMarked
package io.hearth.table.rocksdb.row;

import org.jspecify.annotations.NullMarked;
