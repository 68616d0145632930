/**
 * Device shadows, by the contract of AWS IoT Device Shadow: documents with a desired and a reported state, the delta between
 * them, and versioned updates. This room stores them and serves requests in order; the rules of a document are in {@code
 * shadow.document}. The room must not know MQTT or HTTP. RATIONALE.md beside this file says how documents of several regions
 * merge per field.
 */
@NullMarked
package io.hearth.shadow;

import org.jspecify.annotations.NullMarked;
