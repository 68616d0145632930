/**
 * Work that one of several processes on a table may do at a time. Knows the table and nothing of the work; no two clocks are
 * ever compared.
 */
@NullMarked
package io.hearth.lease;

import org.jspecify.annotations.NullMarked;
