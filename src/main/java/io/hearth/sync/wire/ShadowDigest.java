package io.hearth.sync.wire;

import io.hearth.model.DeviceId;

/**
 * What a shadow comes to.
 *
 * @param name empty for the classic shadow
 */
public record ShadowDigest(DeviceId thing, String name, long digest) {}
