/** Every setting of the service, as {@code @ConfigMapping} interfaces under {@code hearth.*}, grouped by concern. */
@NullMarked
package io.hearth.config;

import org.jspecify.annotations.NullMarked;
