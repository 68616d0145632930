/** Reading and writing of stored bytes: what formats are made of, and the errors of those who read them. */
@NullMarked
package io.hearth.bytes;

import org.jspecify.annotations.NullMarked;
