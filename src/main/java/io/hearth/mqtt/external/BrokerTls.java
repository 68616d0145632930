package io.hearth.mqtt.external;

import io.hearth.config.MqttConfig;
import io.hearth.config.StartupRefusedException;
import io.vertx.core.Vertx;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.nio.file.Path;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/** TLS towards the broker, from PEM files as the embedded endpoint reads them. */
final class BrokerTls {
    private BrokerTls() {}

    /**
     * The sockets to use, null if TLS is off.
     *
     * @throws StartupRefusedException a file is missing or broken, or one of certificate and key is set without the other
     */
    static @Nullable SSLSocketFactory sockets(MqttConfig.Tls tls, Vertx vertx) {
        if (!tls.enabled()) {
            return null;
        }
        if (tls.certificateFile().isPresent() != tls.keyFile().isPresent()) {
            throw new StartupRefusedException(
                    "A client certificate towards the broker needs both HEARTH_MQTT_TLS_CERTIFICATE_FILE and HEARTH_MQTT_TLS_KEY_FILE",
                    null);
        }
        try {
            // Null stands for the JDK's authorities, and for no client certificate.
            TrustManager[] trust = tls.trustFile().isEmpty()
                    ? null
                    : new PemTrustOptions()
                            .addCertPath(absolute(tls.trustFile().get()))
                            .getTrustManagerFactory(vertx)
                            .getTrustManagers();
            KeyManager[] keys = tls.keyFile().isEmpty()
                    ? null
                    : new PemKeyCertOptions()
                            .addCertPath(absolute(tls.certificateFile().orElseThrow()))
                            .addKeyPath(absolute(tls.keyFile().get()))
                            .getKeyManagerFactory(vertx)
                            .getKeyManagers();
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys, trust, null);
            return context.getSocketFactory();
        } catch (Exception e) {
            throw new StartupRefusedException("The TLS files for the broker cannot be used: " + e.getMessage(), e);
        }
    }

    private static String absolute(Path file) {
        return file.toAbsolutePath().toString();
    }
}
