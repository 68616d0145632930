package io.hearth.rest.live;

import io.hearth.live.LiveEvent;
import io.hearth.rest.format.JsonRows;
import io.hearth.rest.format.TextOutput;
import io.hearth.rest.shadow.ShadowChangeJson;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** What the live stream says of an event: a JSON object without line breaks. */
public final class LiveEventJson {
    private LiveEventJson() {}

    public static byte[] of(LiveEvent event) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        TextOutput out = new TextOutput(bytes);
        try {
            if (event instanceof LiveEvent.Readings readings) {
                JsonRows.event(readings.device(), readings.block(), out);
            } else if (event instanceof LiveEvent.PresenceChanged changed) {
                PresenceResource.write(changed.presence(), out);
            } else if (event instanceof LiveEvent.ShadowChanged changed) {
                ShadowChangeJson.writeEvent(changed.shadow(), out);
            }
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }
}
