package io.hearth.simulator.publish.raw;

import io.hearth.simulator.publish.Message;
import io.hearth.simulator.publish.PublishSettings;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The unacknowledged messages of one connection by packet id. Ids go round through 1 to 65,535; an id lives in the slot
 * of its low bits, so finding it costs one array access, and an id whose slot is still taken is passed over.
 */
public final class InFlightWindow {

    private final int limit;
    private final @Nullable Message[] slots;
    private final Supplier<Message> newMessage;
    private int size;
    private int lastId;
    private long order;

    public InFlightWindow(int limit, Supplier<Message> newMessage) {
        this.limit = limit;
        // Twice the limit keeps passed-over ids rare when acknowledgements come out of order.
        this.slots = new Message[Integer.highestOneBit(Math.max(1, Math.min(limit, 1 << 15) * 2 - 1)) * 2];
        this.newMessage = newMessage;
    }

    public boolean isFull() {
        return size == limit;
    }

    public int size() {
        return size;
    }

    /** Takes a free message and gives it a packet id; the window must not be full. */
    public Message take() {
        while (true) {
            lastId = lastId % PublishSettings.MAX_WINDOW + 1;
            int slot = lastId & (slots.length - 1);
            Message message = slots[slot];
            if (message == null) {
                message = newMessage.get();
                slots[slot] = message;
            }
            if (message.state == Message.State.FREE) {
                message.state = Message.State.PUBLISHED;
                message.packetId = lastId;
                message.order = order++;
                message.acknowledgementsDue = 1;
                message.refused = false;
                message.raw = null;
                size++;
                return message;
            }
        }
    }

    /** The message in flight with this packet id, or null. */
    @Nullable
    public Message find(int packetId) {
        Message message = slots[packetId & (slots.length - 1)];
        return message == null || message.packetId != packetId || message.state == Message.State.FREE ? null : message;
    }

    public void free(Message message) {
        message.state = Message.State.FREE;
        size--;
    }

    /** What is in flight, in the order it was first sent, which is the order to resend it in [MQTT-4.6.0-1]. */
    public List<Message> inOrder() {
        List<Message> messages = new ArrayList<>(size);
        for (Message message : slots) {
            if (message != null && message.state != Message.State.FREE) {
                messages.add(message);
            }
        }
        messages.sort(Comparator.comparingLong(message -> message.order));
        return messages;
    }
}
