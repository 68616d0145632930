package io.hearth.sync;

import io.hearth.bytes.ByteReader;
import io.hearth.bytes.ByteWriter;
import io.hearth.bytes.Format;
import io.hearth.model.RegionId;
import java.net.URI;

/**
 * Another region to pull from. Body, format 1: {@code [1] format | text id | text url | text token}.
 *
 * @param url where its REST API is, without {@code /api/v1}
 * @param token what it lets in with; empty for none
 */
public record Peer(RegionId id, URI url, String token) {
    private static final int FORMAT = 1;

    /** @throws IllegalArgumentException if the URL is not one of HTTP */
    public Peer {
        String scheme = url.getScheme();
        if (url.getHost() == null || (!"http".equals(scheme) && !"https".equals(scheme))) {
            throw new IllegalArgumentException("an http or https URL with a host is expected, not '" + url + "'");
        }
        if (url.getQuery() != null || url.getFragment() != null || url.getUserInfo() != null) {
            throw new IllegalArgumentException("the URL of a peer has no user, query or fragment");
        }
        if (!token.chars().allMatch(c -> c > ' ' && c < 0x7F)) {
            throw new IllegalArgumentException("a token has visible ASCII characters only");
        }
    }

    byte[] encode() {
        ByteWriter out = new ByteWriter(128);
        out.writeByte(FORMAT);
        out.writeText(id.value());
        out.writeText(url.toString());
        out.writeText(token);
        return out.toByteArray();
    }

    static Peer decode(byte[] body) {
        ByteReader in = new ByteReader(body);
        Format.require(in.readByte(), FORMAT, "a peer");
        return new Peer(new RegionId(in.readText()), URI.create(in.readText()), in.readText());
    }

    /** Without the token, which belongs into no log. */
    @Override
    public String toString() {
        return id + "=" + url;
    }
}
