/** What a run of {@code simulate} came to: counters while it runs, progress lines, the closing report. */
@NullMarked
package io.hearth.simulator.report;

import org.jspecify.annotations.NullMarked;
