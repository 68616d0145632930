/**
 * The table: a partitioned, sorted, expiring key-value store that every engine offers alike. It knows keys and bytes and
 * must not know devices, readings or shadows. Engines live in sub-packages, each the only importer of its driver;
 * {@code TableContract} in the tests is the specification that all of them pass unchanged.
 */
@NullMarked
package io.hearth.table;

import org.jspecify.annotations.NullMarked;
