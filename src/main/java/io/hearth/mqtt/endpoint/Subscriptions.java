package io.hearth.mqtt.endpoint;

import io.netty.handler.codec.mqtt.MqttFixedHeader;
import io.netty.handler.codec.mqtt.MqttMessageIdAndPropertiesVariableHeader;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.MqttPropertyType;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttSubAckMessage;
import io.netty.handler.codec.mqtt.MqttSubAckPayload;
import io.netty.handler.codec.mqtt.MqttSubscribeMessage;
import io.netty.handler.codec.mqtt.MqttSubscriptionOption;
import io.netty.handler.codec.mqtt.MqttTopicSubscription;
import io.netty.handler.codec.mqtt.MqttUnsubAckMessage;
import io.netty.handler.codec.mqtt.MqttUnsubAckPayload;
import io.netty.handler.codec.mqtt.MqttUnsubscribeMessage;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What one client has subscribed to. On the event loop of its connection. */
final class Subscriptions {
    private static final int MAX_GRANTED_QOS = 1;
    private static final int MQTT_3_FAILURE = 0x80;

    private final Router router;
    private final MqttLimits limits;
    private final EndpointMetrics metrics;
    private final Connection connection;
    private final Set<String> filters = new HashSet<>();
    private long filterBytes;

    Subscriptions(Services services, Connection connection) {
        this.router = services.router();
        this.limits = services.limits();
        this.metrics = services.metrics();
        this.connection = connection;
    }

    void subscribe(MqttSubscribeMessage packet) {
        List<MqttTopicSubscription> wanted = packet.payload().topicSubscriptions();
        MqttMessageIdAndPropertiesVariableHeader header = packet.idAndPropertiesVariableHeader();
        if (wanted.isEmpty()) {
            throw new ProtocolViolation(ReasonCode.PROTOCOL_ERROR, "a SUBSCRIBE without a filter");
        }
        boolean hasId = header.properties().getProperty(MqttPropertyType.SUBSCRIPTION_IDENTIFIER.value()) != null;
        List<Integer> answers = new ArrayList<>(wanted.size());
        for (MqttTopicSubscription subscription : wanted) {
            if (hasId) {
                answers.add(failure(ReasonCode.SUBSCRIPTION_IDS_NOT_SUPPORTED));
            } else if (answers.size() >= limits.filtersOfPacket()) {
                answers.add(overLimit());
            } else {
                answers.add(subscribe(subscription));
            }
        }
        connection.write(new MqttSubAckMessage(
                fixedHeader(MqttMessageType.SUBACK),
                new MqttMessageIdAndPropertiesVariableHeader(header.messageId(), MqttProperties.NO_PROPERTIES),
                new MqttSubAckPayload(answers)));
        // Behind the SUBACK come the retained messages.
        connection.wake();
    }

    private int subscribe(MqttTopicSubscription wanted) {
        String filter = wanted.topicFilter();
        MqttSubscriptionOption options = wanted.option();
        if (!Topics.isFilter(filter)) {
            return failure(ReasonCode.TOPIC_FILTER_INVALID);
        }
        if (Topics.isShared(filter)) {
            if (options.isNoLocal()) {
                // [MQTT-3.8.3-4] of MQTT 5
                throw new ProtocolViolation(ReasonCode.PROTOCOL_ERROR, "a shared subscription with No Local");
            }
            return failure(ReasonCode.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED);
        }
        if (!filters.contains(filter) && !hasRoom(filter)) {
            return overLimit();
        }
        int qos = Math.min(MAX_GRANTED_QOS, options.qos().value());
        Subscription subscription = new Subscription(qos, options.isNoLocal(), options.isRetainAsPublished());
        boolean isNew = router.subscribe(filter, connection, subscription);
        if (filters.add(filter)) {
            filterBytes += Topics.filterBytes(filter);
        }
        boolean wantsRetained = switch (options.retainHandling()) {
            case SEND_AT_SUBSCRIBE -> true;
            case SEND_AT_SUBSCRIBE_IF_NOT_YET_EXISTS -> isNew;
            case DONT_SEND_AT_SUBSCRIBE -> false;
        };
        if (wantsRetained) {
            connection.outbound().retained().add(filter, subscription);
        }
        return qos;
    }

    private boolean hasRoom(String filter) {
        long bytes = Topics.filterBytes(filter);
        return filters.size() < limits.filtersOfSession()
                && filterBytes + bytes <= limits.filterBytesOfSession()
                && router.filterBytes() + bytes <= limits.filterBytes();
    }

    private int overLimit() {
        metrics.limited(EndpointMetrics.Limited.FILTER);
        return failure(ReasonCode.QUOTA_EXCEEDED);
    }

    void unsubscribe(MqttUnsubscribeMessage packet) {
        List<String> unwanted = packet.payload().topics();
        if (unwanted.isEmpty()) {
            throw new ProtocolViolation(ReasonCode.PROTOCOL_ERROR, "an UNSUBSCRIBE without a filter");
        }
        List<Short> answers = new ArrayList<>(unwanted.size());
        for (String filter : unwanted) {
            boolean had = filters.remove(filter) && router.unsubscribe(filter, connection);
            if (had) {
                filterBytes -= Topics.filterBytes(filter);
                connection.outbound().retained().remove(filter);
            }
            answers.add((short) (had ? ReasonCode.SUCCESS : ReasonCode.NO_SUBSCRIPTION_EXISTED));
        }
        connection.write(new MqttUnsubAckMessage(
                fixedHeader(MqttMessageType.UNSUBACK),
                new MqttMessageIdAndPropertiesVariableHeader(
                        packet.variableHeader().messageId(), MqttProperties.NO_PROPERTIES),
                new MqttUnsubAckPayload(answers)));
    }

    /** Ends all subscriptions. */
    void clear() {
        filters.forEach(filter -> router.unsubscribe(filter, connection));
        filters.clear();
        filterBytes = 0;
    }

    private int failure(byte reasonCode) {
        return connection.isMqtt5() ? Byte.toUnsignedInt(reasonCode) : MQTT_3_FAILURE;
    }

    private static MqttFixedHeader fixedHeader(MqttMessageType type) {
        return new MqttFixedHeader(type, false, MqttQoS.AT_MOST_ONCE, false, 0);
    }
}
