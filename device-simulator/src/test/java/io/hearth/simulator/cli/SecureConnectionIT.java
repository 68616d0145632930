package io.hearth.simulator.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hearth.simulator.publish.Mosquitto;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** TLS and credentials against a Mosquitto that asks for them. */
@Timeout(120)
class SecureConnectionIT {

    private static final char[] PASSWORD = "changeit".toCharArray();

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    private static Path certificates;

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    private Path directory;

    @BeforeAll
    static void makeCertificates() throws Exception {
        makeCertificate("server", "EC");
        makeCertificate("client-RSA", "RSA");
        makeCertificate("client-EC", "EC");
    }

    private int simulate(Mosquitto mosquitto, String... arguments) {
        List<String> line = new ArrayList<>(List.of(
                "simulate",
                "--quiet",
                "--port",
                Integer.toString(mosquitto.port()),
                "--devices",
                "3",
                "--rate",
                "100",
                "--messages",
                "50"));
        line.addAll(List.of(arguments));
        CommandLine commandLine = Main.commandLine();
        commandLine.setOut(new PrintWriter(out, true));
        commandLine.setErr(new PrintWriter(err, true));
        return commandLine.execute(line.toArray(new String[0]));
    }

    /** A key and its own certificate, as {@code name.key} and {@code name.crt}. */
    private static void makeCertificate(String name, String algorithm) throws Exception {
        Path store = certificates.resolve(name + ".p12");
        run(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                name,
                "-keyalg",
                algorithm,
                "-dname",
                "CN=" + name,
                "-ext",
                "san=ip:127.0.0.1,dns:localhost",
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                new String(PASSWORD));
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD);
        }
        writePem(name + ".key", "PRIVATE KEY", keys.getKey(name, PASSWORD).getEncoded());
        writePem(name + ".crt", "CERTIFICATE", keys.getCertificate(name).getEncoded());
    }

    private static void writePem(String file, String kind, byte[] content) throws IOException {
        String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
        Files.writeString(
                certificates.resolve(file),
                "-----BEGIN " + kind + "-----\n" + base64 + "\n-----END " + kind + "-----\n",
                US_ASCII);
    }

    private static void run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), US_ASCII);
        assertEquals(0, process.waitFor(), () -> String.join(" ", command) + ": " + output);
    }

    private String path(String file) {
        return certificates.resolve(file).toString();
    }

    private Mosquitto secured(String more) throws Exception {
        Mosquitto mosquitto = new Mosquitto(
                directory,
                "certfile " + path("server.crt") + "\nkeyfile " + path("server.key") + "\nallow_anonymous true\n"
                        + more);
        mosquitto.start();
        return mosquitto;
    }

    @ParameterizedTest
    @ValueSource(strings = {"raw", "paho"})
    void simulate_tlsWithTheServersAuthorityTrusted_isAcknowledged(String client) throws Exception {
        try (Mosquitto mosquitto = secured("")) {
            int code = simulate(mosquitto, "--client", client, "--tls-trust", path("server.crt"));

            assertEquals(ExitCode.OK, code, () -> out + "" + err);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"raw", "paho"})
    void simulate_tlsWithAServerThatIsNotTrusted_saysSoAndSendsNothing(String client) throws Exception {
        try (Mosquitto mosquitto = secured("")) {
            int code = simulate(mosquitto, "--client", client, "--tls");

            assertEquals(ExitCode.FAILED, code);
            assertTrue(
                    err.toString().contains("cannot connect to 127.0.0.1:" + mosquitto.port())
                            && err.toString().contains("unable to find valid certification path"),
                    err::toString);
            assertEquals(1, err.toString().lines().count(), err::toString);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"RSA", "EC"})
    void simulate_serverAsksForAClientCertificate_isLetInWithOneOnly(String algorithm) throws Exception {
        try (Mosquitto mosquitto =
                secured("cafile " + path("client-" + algorithm + ".crt") + "\nrequire_certificate true")) {
            String trust = path("server.crt");
            int with = simulate(
                    mosquitto,
                    "--client",
                    "raw",
                    "--tls-trust",
                    trust,
                    "--tls-cert",
                    path("client-" + algorithm + ".crt"),
                    "--tls-key",
                    path("client-" + algorithm + ".key"));
            assertEquals(ExitCode.OK, with, () -> out + "" + err);

            int without = simulate(mosquitto, "--client", "raw", "--tls-trust", trust);
            assertEquals(ExitCode.FAILED, without);
        }
    }

    @Test
    void simulate_filesThatHoldSomethingElse_areNamed() throws Exception {
        try (Mosquitto mosquitto = new Mosquitto(directory)) {
            assertEquals(
                    ExitCode.USAGE,
                    simulate(mosquitto, "--tls-cert", path("server.crt"), "--tls-key", path("server.crt")));
            assertTrue(err.toString().contains("server.crt holds no PKCS #8 key"), err::toString);
            assertEquals(ExitCode.USAGE, simulate(mosquitto, "--tls-trust", path("server.key")));
            assertTrue(err.toString().contains("server.key"), err::toString);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"raw", "paho"})
    void simulate_credentialsPerDevice_eachShowsItsOwn(String client) throws Exception {
        Path passwords = directory.resolve("passwords");
        Files.writeString(passwords, "user-0:one\nuser-1:two\ndevice:shared\n", US_ASCII);
        run("mosquitto_passwd", "-U", passwords.toString());
        Path credentials = directory.resolve("credentials");
        try (Mosquitto mosquitto = new Mosquitto(directory, "password_file " + passwords)) {
            mosquitto.start();
            Files.writeString(credentials, "# client,user,password\nsim-0,user-0,one\n\nsim-1,user-1,two\n", US_ASCII);
            int right = simulate(
                    mosquitto,
                    "--client",
                    client,
                    "--password",
                    "shared",
                    "--credentials-file",
                    credentials.toString());
            assertEquals(ExitCode.OK, right, () -> out + "" + err);

            Files.writeString(credentials, "sim-1,user-1,one\n", US_ASCII);
            int wrong = simulate(
                    mosquitto,
                    "--client",
                    client,
                    "--password",
                    "shared",
                    "--credentials-file",
                    credentials.toString());
            assertEquals(ExitCode.FAILED, wrong);
            assertTrue(err.toString().contains("the server refused the connection"), err::toString);

            Files.writeString(credentials, "sim-1;user-1;one\n", US_ASCII);
            assertEquals(ExitCode.USAGE, simulate(mosquitto, "--credentials-file", credentials.toString()));
            assertTrue(err.toString().contains("credentials:1: not like clientId,username,password"), err::toString);
        }
    }
}
