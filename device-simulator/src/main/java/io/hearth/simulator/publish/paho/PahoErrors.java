package io.hearth.simulator.publish.paho;

import org.eclipse.paho.mqttv5.client.MqttClientException;
import org.eclipse.paho.mqttv5.common.MqttException;

/** What Paho's exceptions mean. */
final class PahoErrors {

    private PahoErrors() {}

    /** Whether the same call will work once the connection is back or the window has room. */
    static boolean isPassing(MqttException e) {
        return switch (e.getReasonCode()) {
            case MqttClientException.REASON_CODE_CLIENT_NOT_CONNECTED,
                    MqttClientException.REASON_CODE_CLIENT_DISCONNECTING,
                    MqttClientException.REASON_CODE_CLIENT_ALREADY_DISCONNECTED,
                    MqttClientException.REASON_CODE_CONNECTION_LOST,
                    MqttClientException.REASON_CODE_MAX_INFLIGHT -> true;
            default -> false;
        };
    }

    /** One sentence about what went wrong, the cause rather than Paho's wrapping. */
    static String describe(Throwable error) {
        Throwable cause = error.getCause();
        String text = cause != null && cause.getMessage() != null ? cause.getMessage() : error.getMessage();
        if (error instanceof MqttException mqtt) {
            int code = mqtt.getReasonCode();
            if (code == 0x86 || code == 4) {
                return "the server refused the connection: bad user name or password";
            }
            if (code == 0x87 || code == 5) {
                return "the server refused the connection: not authorized";
            }
            if (cause == null && (text == null || text.isEmpty() || text.startsWith("MqttException"))) {
                return "MQTT reason code " + code;
            }
        }
        return text == null || text.isEmpty() ? error.getClass().getSimpleName() : text;
    }
}
