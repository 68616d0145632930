package io.hearth.config;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** What each kind of guest may hold. */
@ConfigMapping(prefix = "hearth.limits")
public interface LimitsConfig {
    /** Connections to all listeners together; one more is closed at once. */
    @WithDefault("50000")
    @Within(min = "1", max = "10000000")
    int connections();

    /** Connections from one address; one more is closed at once. */
    @WithDefault("50000")
    @Within(min = "1", max = "10000000")
    int connectionsPerAddress();

    /** Connections that have not signed in; when there is one more, the one that has waited longest is closed. */
    @WithDefault("5000")
    @Within(min = "1", max = "10000000")
    int unauthenticatedConnections();

    /** Connections from one address that have not signed in; when there is one more, the one of it that has waited longest is closed. */
    @WithDefault("2000")
    @Within(min = "1", max = "10000000")
    int unauthenticatedConnectionsPerAddress();

    /**
     * Bytes received from connections that have not signed in and not used up by a request; when there are more, the connection
     * that has sent the most is closed.
     */
    @WithDefault("16M")
    @Within(min = "64K", max = "64G")
    MemorySize unauthenticatedBytes();

    /** How long the beginning of a request or a CONNECT may take, from its first byte. */
    @WithDefault("10s")
    @Within(min = "100ms", max = "1h")
    Duration signInTimeout();

    /** How long the refusal of wrong credentials is delayed at most, for an address that has sent many; zero for not at all. */
    @WithDefault("4s")
    @Within(min = "0s", max = "1m")
    Duration signInDelay();

    /** A connection whose peer takes nothing of what waits for it is closed after this time. */
    @WithDefault("60s")
    @Within(min = "1s", max = "1d")
    Duration unreadTimeout();

    /** Topic filters that one SUBSCRIBE may ask for; what is beyond is refused in the SUBACK. */
    @WithDefault("1024")
    @Within(min = "1", max = "100000")
    int subscribeFilters();

    /** Topic filters that an MQTT client may be subscribed to; what is beyond is refused in the SUBACK. */
    @WithDefault("1024")
    @Within(min = "1", max = "1000000")
    int sessionFilters();

    /** Memory of the topic filters of an MQTT client: two bytes a character and 256 a level. */
    @WithDefault("1M")
    @Within(min = "1K", max = "1G")
    MemorySize sessionFilterBytes();

    /** Memory of the topic filters of all MQTT clients. */
    @WithDefault("64M")
    @Within(min = "64K", max = "64G")
    MemorySize filterBytes();

    /** How many times as large the gzip body of a stream of readings may become, beyond its first mebibyte. */
    @WithDefault("100")
    @Within(min = "2", max = "2000")
    int unpackedRatio();

    /** Bytes that the gzip body of a stream of readings may become. */
    @WithDefault("16G")
    @Within(min = "1M", max = "1T")
    MemorySize unpackedBytes();

    /** Bytes that may wait for one client of the live stream before it is sent no more, but for one event. */
    @WithDefault("64K")
    @Within(min = "4K", max = "64M")
    MemorySize streamQueue();

    /** Bytes that may wait for all clients of the live stream; then the slowest are cut. */
    @WithDefault("32M")
    @Within(min = "1M", max = "64G")
    MemorySize streamsBytes();

    /** Bytes that an answer of a sync peer may have, as it comes and unpacked; one that has more is refused. */
    @WithDefault("32M")
    @Within(min = "4M", max = "1G")
    MemorySize peerAnswer();

    /** Queries and aggregates that run at a time; one more waits. */
    @WithDefault("20")
    @Within(min = "1", max = "10000")
    int queries();

    /** Bytes that the running queries and aggregates may hold together; one that needs more waits for others to end. */
    @WithDefault("128M")
    @Within(min = "1M", max = "64G")
    MemorySize queryBytes();

    /** How long a query or aggregate waits to begin, and for memory, before it is refused. */
    @WithDefault("10s")
    @Within(min = "0s", max = "2m")
    Duration queryWait();

    /** The last will of an MQTT client: topic, payload and properties. One that is larger has its CONNECT refused. */
    @WithDefault("16K")
    @Within(min = "256", max = "64K")
    MemorySize sessionWillBytes();

    /** The last wills of all MQTT clients; a CONNECT with one beyond it is refused, unless the will has at most 256 bytes. */
    @WithDefault("16M")
    @Within(min = "64K", max = "64G")
    MemorySize willBytes();

    /** Retained messages; those on topics of no device that has stored readings may be half of it. */
    @WithDefault("100000")
    @Within(min = "2", max = "100000000")
    int retainedMessages();

    /** Memory of retained messages; those on topics of no device that has stored readings may take half of it. */
    @WithDefault("64M")
    @Within(min = "64K", max = "64G")
    MemorySize retainedBytes();

    /** Memory of the retained messages on the topics of one device. */
    @WithDefault("256K")
    @Within(min = "1K", max = "1G")
    MemorySize deviceRetainedBytes();

    /**
     * Devices that have never stored a reading and are online by what their status topics say; the status of a further one is
     * passed over.
     */
    @WithDefault("10000")
    @Within(min = "0", max = "10000000")
    int unknownDevices();

    /** Memory of what waits for an MQTT subscriber; beyond it messages of QoS 0 are dropped, before one of QoS 1 would be it is closed. */
    @WithDefault("16M")
    @Within(min = "64K", max = "1G")
    MemorySize sessionQueueBytes();

    /** Memory of what waits for all MQTT subscribers, beyond 8 KiB each; at it the same happens to those for whom more waits. */
    @WithDefault("64M")
    @Within(min = "64K", max = "64G")
    MemorySize queueBytes();

    /**
     * Memory of what is known of devices and their metrics: two bytes a character, 200 a device and 96 a metric. What has not been used
     * for the longest time is read from the table again.
     */
    @WithDefault("40M")
    @Within(min = "1M", max = "64G")
    MemorySize catalogBytes();
}
