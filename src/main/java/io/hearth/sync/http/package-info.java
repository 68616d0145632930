/** How peers are reached over HTTP. */
@NullMarked
package io.hearth.sync.http;

import org.jspecify.annotations.NullMarked;
