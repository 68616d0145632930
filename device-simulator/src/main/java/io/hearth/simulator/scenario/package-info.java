/** What a scenario file says: its model, and reading it with errors that name file, line and field. Knows no network. */
@NullMarked
package io.hearth.simulator.scenario;

import org.jspecify.annotations.NullMarked;
