package io.hearth.rest.http;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Locale;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/** Packs answers. They are of the moment and large: fast matters more than the last percent. */
public final class FastGzip extends GZIPOutputStream {
    /** @param bufferBytes how much of what is packed is written at a time */
    public FastGzip(OutputStream out, int bufferBytes) throws IOException {
        super(out, bufferBytes);
        def.setLevel(Deflater.BEST_SPEED);
    }

    /** Whether an Accept-Encoding header lists gzip with a quality other than 0 (RFC 9110, section 12.5.3). */
    public static boolean isAskedForBy(String acceptEncoding) {
        for (String coding : acceptEncoding.toLowerCase(Locale.ROOT).split(",")) {
            String[] parts = coding.replace(" ", "").split(";");
            if (parts[0].equals("gzip")) {
                return parts.length == 1 || !parts[1].matches("q=0(\\.0*)?");
            }
        }
        return false;
    }
}
