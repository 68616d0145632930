import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Runs the service and a few simulated devices, and says how to talk to it. {@code mvn -Pdemo} builds what it needs and runs
 * it inside Maven; {@code java src/demo/Demo.java}, in the root of the repository, runs it by itself. Settings of the service,
 * such as QUARKUS_HTTP_PORT, are taken from the environment.
 *
 * <p>The service and the devices end with the process that runs this, also when it is killed: {@link Guard} sees to that.
 */
public final class Demo {
    private static final Pattern READY = Pattern.compile(
            " ready: (http://\\S+), embedded mqtt://([^:]+):(\\d+), region \\S+, data in (.+?)(?:, AUTHENTICATION IS OFF)?$");
    private static final String DEVICE = "sim-0";

    private final Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    private final Path root;
    private final Writer guarded;

    private Demo(Path root) throws IOException {
        this.root = root;
        Process guard = start(new ProcessBuilder(
                        java.toString(), "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "src/demo/Guard.java")
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD));
        guarded = guard.outputWriter(StandardCharsets.US_ASCII);
    }

    /** Takes the root of the repository, by default the current directory. */
    public static void main(String[] args) throws Exception {
        System.exit(new Demo(Path.of(args.length == 0 ? "" : args[0]).toAbsolutePath()).run());
    }

    /** Returns the exit code of the service, when it has ended. */
    private int run() throws IOException, InterruptedException {
        Process service = startGuarded(new ProcessBuilder(java.toString(), "-jar", "target/quarkus-app/quarkus-run.jar")
                .redirectErrorStream(true));
        Matcher ready = awaitReady(service);
        if (ready == null) {
            return service.waitFor();
        }
        Path data = Path.of(ready.group(4));
        // As short as it can be used from where Maven runs.
        Path secrets = (root.equals(Path.of("").toAbsolutePath()) ? data : root.resolve(data)).resolve("secrets");
        startSimulator(ready.group(2), ready.group(3), secrets.resolve("device-password"));
        tell(ready.group(1), ready.group(2), ready.group(3), secrets);
        return service.waitFor();
    }

    private void startSimulator(String host, String port, Path password) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                java.toString(),
                "-jar",
                "device-simulator/target/device-simulator.jar",
                "simulate",
                "--host",
                host,
                "--port",
                port,
                "--devices",
                "5",
                "--interval",
                "2s",
                "--duration",
                "365d",
                "--quiet"));
        if (Files.exists(root.resolve(password))) {
            command.addAll(List.of("--password-file", password.toString()));
        }
        startGuarded(new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(
                        root.resolve("target").resolve("demo-simulator.log").toFile()));
    }

    private Process start(ProcessBuilder program) throws IOException {
        return program.directory(root.toFile()).start();
    }

    /** Starts a program that ends with this one: in order at a signal, whose end waits for it, and by the guard otherwise. */
    private Process startGuarded(ProcessBuilder program) throws IOException {
        Process process = start(program);
        guarded.write(process.pid() + "\n");
        guarded.flush();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            process.destroy();
            process.onExit().join();
        }));
        return process;
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
