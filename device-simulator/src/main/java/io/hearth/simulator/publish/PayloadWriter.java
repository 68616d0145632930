package io.hearth.simulator.publish;

import io.hearth.simulator.fleet.Metric;
import io.hearth.simulator.fleet.MetricKind;
import io.hearth.simulator.fleet.Shape;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** Writes messages as JSON. What does not change between messages is encoded once per device. For one thread. */
public final class PayloadWriter {

    private static final byte[] TIME_HEAD = ascii("{\"ts\":");
    private static final byte[] VALUES_HEAD = ascii(",\"values\":");
    private static final byte[] TRUE = ascii("true");
    private static final byte[] FALSE = ascii("false");

    private final Devices devices;
    private final int valuesPerReading;
    private final byte[][] topics;
    private final ShapeText[] shapes;

    public PayloadWriter(Devices devices) {
        this.devices = devices;
        valuesPerReading = devices.valuesPerReading();
        topics = new byte[devices.devices()][];
        shapes = new ShapeText[devices.devices()];
        Map<Shape, ShapeText> texts = new HashMap<>();
        for (int device = 0; device < topics.length; device++) {
            topics[device] = ascii("devices/" + devices.deviceId(device) + "/telemetry");
            shapes[device] = texts.computeIfAbsent(devices.shape(device), ShapeText::new);
        }
    }

    public byte[] topic(int device) {
        return topics[device];
    }

    /** Appends the payload: one reading, or an array of several. */
    public void write(Message message, WireBuffer out) {
        ShapeText shape = shapes[message.device];
        int readings = message.readings;
        if (readings == 1) {
            writeReading(message, shape, 0, out);
            return;
        }
        for (int i = 0; i < readings; i++) {
            out.octet(i == 0 ? '[' : ',');
            writeReading(message, shape, i, out);
        }
        out.octet(']');
    }

    private void writeReading(Message message, ShapeText shape, int reading, WireBuffer out) {
        boolean timed = devices.timed(message.device);
        if (timed) {
            out.bytes(TIME_HEAD);
            out.decimal(message.deviceTimesMicros[reading] / devices.timeUnit(message.device).micros);
            out.bytes(VALUES_HEAD);
        }
        int at = reading * valuesPerReading;
        for (int i = 0; i < shape.kinds.length; i++) {
            out.bytes(shape.heads[i]);
            long value = message.values[at + i];
            switch (shape.kinds[i]) {
                case TENTHS -> out.tenths(value);
                case INTEGER -> out.decimal(value);
                case FLAG -> out.bytes(value != 0 ? TRUE : FALSE);
            }
        }
        out.octet('}');
        if (timed) {
            out.octet('}');
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** The constant text before each value, such as <code>{"temperature":</code> and then {@code ,"humidity":}. */
    private static final class ShapeText {
        final MetricKind[] kinds;
        final byte[][] heads;

        ShapeText(Shape shape) {
            kinds = new MetricKind[shape.size()];
            heads = new byte[shape.size()][];
            for (int i = 0; i < shape.size(); i++) {
                Metric metric = shape.metrics().get(i);
                kinds[i] = metric.kind();
                heads[i] = ascii((i == 0 ? "{\"" : ",\"") + metric.name() + "\":");
            }
        }
    }
}
