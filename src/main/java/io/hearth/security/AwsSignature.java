package io.hearth.security;

import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * A request that is signed with AWS Signature Version 4, as AWS SDKs do it for the data plane of IoT: the secret access key
 * is known to both sides and never sent.
 *
 * <p>https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
final class AwsSignature {
    static final String SCHEME = "AWS4-HMAC-SHA256";

    /** How far the clock of a client may be off, which bounds for how long a request that was overheard can be repeated. */
    private static final Duration MAX_SKEW = Duration.ofMinutes(15);

    /** More than any SDK signs. */
    private static final int MAX_SIGNED_HEADERS = 32;

    private static final Set<String> SERVICES = Set.of("iotdata", "iotdevicegateway");
    private static final Pattern HEADER = Pattern.compile(SCHEME
            + "\\s+Credential=([^/,\\s]{1,128})/(\\d{8})/([a-zA-Z0-9-]{1,64})/([a-z0-9-]{1,64})/aws4_request"
            + "\\s*,\\s*SignedHeaders=([a-z0-9;_-]{1,2048})\\s*,\\s*Signature=([0-9a-f]{64})\\s*");
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);
    private static final char[] HEX = "0123456789ABCDEF".toCharArray();

    private final byte[] signature;
    private final String[] scope;
    private final String toSign;

    private AwsSignature(byte[] signature, String[] scope, String toSign) {
        this.signature = signature;
        this.scope = scope;
        this.toSign = toSign;
    }

    /**
     * What is signed of a request.
     *
     * @param uri path and query as they were sent
     * @param headers names in lower case
     */
    record Signed(String method, String uri, Map<String, List<String>> headers, byte[] body) {}

    /** The signature in an {@code Authorization} header; null if it is none, is of another service, or not of about now. */
    static @Nullable AwsSignature of(String authorization, Signed request, Instant now) {
        Matcher header = HEADER.matcher(authorization);
        if (!header.matches() || !SERVICES.contains(header.group(4))) {
            return null;
        }
        List<String> signedHeaders = Arrays.asList(header.group(5).split(";"));
        if (!isAscending(signedHeaders)) {
            return null; // an SDK sorts them, and one header many times would make a text of many times its size
        }
        String time = String.join(",", request.headers().getOrDefault("x-amz-date", List.of()));
        if (!signedHeaders.contains("host")
                || !signedHeaders.contains("x-amz-date")
                || !time.startsWith(header.group(2))
                || !isAboutNow(time, now)) {
            return null;
        }
        String[] scope = {header.group(2), header.group(3), header.group(4), "aws4_request"};
        String toSign = SCHEME + "\n" + time + "\n" + String.join("/", scope) + "\n"
                + hex(sha256(canonical(request, signedHeaders).getBytes(StandardCharsets.UTF_8)));
        return new AwsSignature(HexFormat.of().parseHex(header.group(6)), scope, toSign);
    }

    /** Whether whoever signed knows {@code secret}. */
    boolean isBy(String secret) {
        byte[] key = ("AWS4" + secret).getBytes(StandardCharsets.UTF_8);
        for (String part : scope) {
            key = hmac(key, part);
        }
        return MessageDigest.isEqual(signature, hmac(key, toSign));
    }

    private static boolean isAscending(List<String> names) {
        for (int i = 1; i < names.size(); i++) {
            if (names.get(i - 1).compareTo(names.get(i)) >= 0) {
                return false;
            }
        }
        return names.size() <= MAX_SIGNED_HEADERS;
    }

    private static boolean isAboutNow(String time, Instant now) {
        try {
            Instant signed = TIME.parse(time, Instant::from);
            return Duration.between(signed, now).abs().compareTo(MAX_SKEW) <= 0;
        } catch (DateTimeParseException e) {
            return false;
        }
    }

    private static String canonical(Signed request, List<String> signedHeaders) {
        int query = request.uri().indexOf('?');
        String path = query < 0 ? request.uri() : request.uri().substring(0, query);
        StringBuilder out = new StringBuilder(512);
        // The path as it was sent, encoded once more, as for every service but S3.
        out.append(request.method())
                .append('\n')
                .append(encoded(path, true))
                .append('\n')
                .append(query < 0 ? "" : canonicalQuery(request.uri().substring(query + 1)))
                .append('\n');
        for (String name : signedHeaders) {
            List<String> values = request.headers().getOrDefault(name, List.of());
            out.append(name).append(':');
            for (int i = 0; i < values.size(); i++) {
                out.append(i == 0 ? "" : ",").append(values.get(i).strip().replaceAll(" +", " "));
            }
            out.append('\n');
        }
        return out.append('\n')
                .append(String.join(";", signedHeaders))
                .append('\n')
                .append(hex(sha256(request.body())))
                .toString();
    }

    private static String canonicalQuery(String query) {
        TreeMap<String, List<String>> parameters = new TreeMap<>();
        for (String parameter : query.split("&", -1)) {
            if (!parameter.isEmpty()) {
                int equals = parameter.indexOf('=');
                String name = equals < 0 ? parameter : parameter.substring(0, equals);
                String value = equals < 0 ? "" : parameter.substring(equals + 1);
                parameters
                        .computeIfAbsent(encoded(decoded(name), false), key -> new ArrayList<>())
                        .add(encoded(decoded(value), false));
            }
        }
        List<String> pairs = new ArrayList<>();
        parameters.forEach((name, values) ->
                values.stream().sorted().map(value -> name + "=" + value).forEach(pairs::add));
        return String.join("&", pairs);
    }

    /** Without its percent signs; one that stands for nothing stays as it is. */
    private static String decoded(String text) {
        byte[] bytes = new byte[3 * text.length()];
        int length = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '%'
                    && i + 2 < text.length()
                    && HexFormat.isHexDigit(text.charAt(i + 1))
                    && HexFormat.isHexDigit(text.charAt(i + 2))) {
                bytes[length++] = (byte) HexFormat.fromHexDigits(text, i + 1, i + 3);
                i += 2;
            } else {
                for (byte b : String.valueOf(c).getBytes(StandardCharsets.UTF_8)) {
                    bytes[length++] = b;
                }
            }
        }
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }

    private static String encoded(String text, boolean isPath) {
        StringBuilder out = new StringBuilder(text.length() + 16);
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xFF);
            boolean unreserved = (c >= 'a' && c <= 'z')
                    || (c >= 'A' && c <= 'Z')
                    || (c >= '0' && c <= '9')
                    || c == '-'
                    || c == '_'
                    || c == '.'
                    || c == '~';
            if (unreserved || (isPath && c == '/')) {
                out.append(c);
            } else {
                out.append('%').append(HEX[c >> 4]).append(HEX[c & 15]);
            }
        }
        return out.toString();
    }

    private static byte[] hmac(byte[] key, String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new AssertionError("every Java platform has HmacSHA256", e);
        }
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
