package io.hearth.simulator.publish.shadow;

import io.hearth.simulator.publish.Message;
import io.hearth.simulator.publish.raw.RunContext;
import io.hearth.simulator.scenario.ShadowTraffic;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The shadow traffic of one group of devices: apps write desired states in an open loop, devices get deltas and report. Each
 * update carries a token of its own, by which its answer and its delta are found again.
 */
public final class ShadowRun {

    /** What tokens begin with, by who sent the update. */
    static final char APP = 'a';

    static final char DEVICE = 'd';

    /** Updates that are waited for; more than any server may leave open. */
    private static final int MAX_OPEN = 1_000_000;

    /** An update that was sent. */
    private static final class Open {
        final long intendedNanos;
        boolean answered;
        boolean arrived;

        Open(long intendedNanos) {
            this.intendedNanos = intendedNanos;
        }
    }

    private final RunContext run;
    private final List<AppSession> apps = new ArrayList<>();
    private final List<ShadowDevice> devices = new ArrayList<>();
    /** By token: {@code a} and a number of an app, {@code d} and a number of a device. */
    private final Map<String, Open> open = new HashMap<>();

    private final String tokenSuffix;
    private long unanswered;
    private long tokens;

    /** @param senders one a device of the group: takes what the device publishes, for its connection to send */
    public ShadowRun(RunContext run, ShadowTraffic traffic, List<Consumer<Message.Raw>> senders) {
        this.run = run;
        // Several processes may write the same shadows; tokens of the others mean nothing here.
        this.tokenSuffix = "-" + Long.toString(ProcessHandle.current().pid(), 36);
        for (int i = 0; i < senders.size(); i++) {
            devices.add(new ShadowDevice(this, run, traffic, traffic.group().deviceId(i), senders.get(i)));
        }
        for (int i = 0; i < traffic.apps(); i++) {
            apps.add(new AppSession(
                    run, traffic.group().prefix() + "app-" + traffic.group().firstNumber() + "-" + i));
        }
    }

    public List<AppSession> apps() {
        return apps;
    }

    /** In the order of the group's devices. */
    public List<ShadowDevice> devices() {
        return devices;
    }

    /** App number {@code k} modulo the apps asks device {@code k} modulo the devices to change. */
    public void desiredDue(long k, long dueNanos) {
        ShadowDevice device = devices.get((int) (k % devices.size()));
        String token = open(APP, dueNanos);
        run.stats.shadow().desiredSent();
        // A value that the device has never had, so that there is always a delta.
        String payload = "{\"state\":{\"desired\":{\"level\":" + k + ",\"on\":" + (k % 2 == 0) + "}},\"clientToken\":\""
                + token + "\"}";
        AppSession app = apps.get((int) (k % apps.size()));
        app.send(new Message.Raw(device.updateTopic(), payload.getBytes(StandardCharsets.UTF_8)));
    }

    /** Notes an update that is about to be sent and gives it a token. */
    String open(char kind, long intendedNanos) {
        String token = kind + Long.toString(tokens++, 36) + tokenSuffix;
        if (open.size() < MAX_OPEN) {
            open.put(token, new Open(intendedNanos));
            unanswered++;
        }
        return token;
    }

    void accepted(@Nullable String token, long now) {
        if (token == null) {
            return;
        }
        Open update = open.get(token);
        if (update == null || update.answered) {
            return;
        }
        answered(update, now);
        run.stats.shadow().accepted(update.intendedNanos, now);
        if (token.charAt(0) == DEVICE || update.arrived) {
            open.remove(token);
        }
    }

    void rejected(@Nullable String token, String reason, long now) {
        run.stats.shadow().rejected(reason);
        Open update = token == null ? null : open.remove(token);
        if (update != null) {
            answered(update, now);
        }
    }

    private void answered(Open update, long now) {
        if (!update.answered) {
            update.answered = true;
            unanswered--;
            run.lastProgressNanos = now;
        }
    }

    void deltaArrived(@Nullable String token, long now) {
        // A report that desired has overtaken meanwhile makes a delta, too, but it is no app's write.
        Open update = token == null || token.charAt(0) != APP ? null : open.get(token);
        if (update == null || update.arrived) {
            return;
        }
        update.arrived = true;
        run.stats.shadow().deltaArrived(update.intendedNanos, now);
        if (update.answered) {
            open.remove(token);
        }
    }

    public boolean isSettled() {
        return unanswered == 0;
    }
}
