package io.hearth.shadow.document;

import io.hearth.model.WriteStamp;

/**
 * An update that is decided: what it asked for, and the document before and after it. Pure: nothing is stored yet.
 *
 * @param previous {@link ShadowDocument#exists Does not exist} before the first update
 */
public record ShadowUpdate(ShadowRequest request, ShadowDocument previous, ShadowDocument current, WriteStamp stamp) {}
