package io.hearth.series.value;

import io.hearth.table.Bytes;
import io.hearth.table.Key;

/** A run as it is stored elsewhere. */
public record RemoteRun(Key key, Bytes body) {}
