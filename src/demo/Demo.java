import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Runs the service and a few simulated devices, and says how to talk to it. A single file that {@code java} runs as it is,
 * from the root of the repository; {@code mvn -Pdemo} builds what it needs and starts it. Settings of the service, such as
 * QUARKUS_HTTP_PORT, are taken from the environment.
 */
public final class Demo {
    private static final Pattern READY =
            Pattern.compile(" ready: (http://\\S+), embedded mqtt://([^:]+):(\\d+), region \\S+, data in (.+)$");
    private static final String DEVICE = "sim-0";

    private Demo() {}

    public static void main(String[] args) throws Exception {
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        Process service = new ProcessBuilder(java.toString(), "-jar", "target/quarkus-app/quarkus-run.jar")
                .redirectErrorStream(true)
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(service::destroy));
        Matcher ready = awaitReady(service);
        if (ready == null) {
            System.exit(service.waitFor());
            return;
        }
        Path secrets = Path.of(ready.group(4), "secrets");
        Process simulator = new ProcessBuilder(List.of(
                        java.toString(),
                        "-jar",
                        "device-simulator/target/device-simulator.jar",
                        "simulate",
                        "--host",
                        ready.group(2),
                        "--port",
                        ready.group(3),
                        "--password-file",
                        secrets.resolve("device-password").toString(),
                        "--devices",
                        "5",
                        "--interval",
                        "2s",
                        "--duration",
                        "365d",
                        "--quiet"))
                .redirectErrorStream(true)
                .redirectOutput(Path.of("target", "demo-simulator.log").toFile())
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(simulator::destroy));
        tell(ready.group(1), ready.group(2), ready.group(3), secrets);
        System.exit(service.waitFor());
    }

    /** Passes on what the service prints until it serves; null if it ends before. */
    private static Matcher awaitReady(Process service) throws IOException {
        BufferedReader log =
                new BufferedReader(new InputStreamReader(service.getInputStream(), StandardCharsets.UTF_8));
        for (String line = log.readLine(); line != null; line = log.readLine()) {
            System.out.println(line);
            Matcher ready = READY.matcher(line);
            if (ready.find()) {
                Thread rest = new Thread(() -> log.lines().forEach(System.out::println), "service-log");
                rest.setDaemon(true);
                rest.start();
                return ready;
            }
        }
        return null;
    }

    private static void tell(String url, String mqttHost, String mqttPort, Path secrets) {
        boolean closed = Files.exists(secrets.resolve("admin-token"));
        String header = closed ? " -H \"Authorization: Bearer $(cat " + secrets.resolve("admin-token") + ")\"" : "";
        String devices = url + "/api/v1/devices";
        System.out.println();
        System.out.println("Hearth serves at " + url + " and takes MQTT at " + mqttHost + ":" + mqttPort + ".");
        if (closed) {
            System.out.println("The token for REST is in " + secrets.resolve("admin-token")
                    + ", the password for MQTT (with any user name) in " + secrets.resolve("device-password") + ".");
        }
        System.out.println("Five simulated devices send a reading every 2 s. Try:");
        System.out.println();
        System.out.println("  curl -s" + header + " " + devices);
        System.out.println("  curl -s" + header + " " + devices + "/" + DEVICE + "/readings/latest");
        System.out.println("  curl -s" + header + " \"" + devices + "/" + DEVICE + "/readings?from=-1m&limit=5\"");
        System.out.println();
        System.out.println(
                "API explorer: " + url + "/q/swagger-ui (any user name, the token as password). Ctrl-C ends it all.");
        System.out.println();
    }
}
