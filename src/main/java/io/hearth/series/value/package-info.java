/** What the series take and give: values that other rooms see, too. */
@NullMarked
package io.hearth.series.value;

import org.jspecify.annotations.NullMarked;
