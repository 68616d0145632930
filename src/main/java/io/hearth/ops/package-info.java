/** What runs beside requests, and when: schedules, and the share of the machine that each may take. */
@NullMarked
package io.hearth.ops;

import org.jspecify.annotations.NullMarked;
