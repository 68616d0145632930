/**
 * The document of a device shadow, and everything that is decided about one: what a request asks, what it changes, what clients
 * see, how documents of several regions merge per field, and how one is written as bytes. Pure: documents in, documents out.
 */
@NullMarked
package io.hearth.shadow.document;

import org.jspecify.annotations.NullMarked;
