package io.hearth.sync.wire;

import io.hearth.model.DeviceId;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/** The digests of devices, by the starts of their days, and of shadows. */
public record PeerDigests(Map<DeviceId, SortedMap<Long, Long>> byDevice, List<ShadowDigest> shadows) {}
