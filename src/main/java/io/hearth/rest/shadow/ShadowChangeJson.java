package io.hearth.rest.shadow;

import io.hearth.model.HybridTime;
import io.hearth.rest.format.TextOutput;
import io.hearth.shadow.HistoryPage;
import io.hearth.shadow.ShadowChange;
import io.hearth.shadow.StoredShadow;
import io.hearth.shadow.document.LostWrite;
import io.hearth.shadow.document.ShadowId;
import io.hearth.shadow.document.ShadowJson;
import java.io.IOException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What happened to shadows as JSON: pages of the history, and events of the live stream. */
public final class ShadowChangeJson {
    private ShadowChangeJson() {}

    public static void write(ShadowId id, HistoryPage page, TextOutput out) throws IOException {
        out.ascii("{\"device\":");
        out.jsonString(id.thing().value());
        out.ascii(",\"name\":");
        writeText(id.isClassic() ? null : id.name(), out);
        out.ascii(",\"changes\":[");
        for (int i = 0; i < page.changes().size(); i++) {
            out.ascii(i == 0 ? "" : ",");
            write(page.changes().get(i), out);
        }
        out.ascii("],\"nextCursor\":");
        writeText(page.next(), out);
        out.ascii("}");
    }

    /** A change as the live stream tells it: with the whole document, null after a deletion. */
    public static void writeEvent(StoredShadow shadow, TextOutput out) throws IOException {
        out.ascii("{\"device\":");
        out.jsonString(shadow.id().thing().value());
        out.ascii(",\"name\":");
        writeText(shadow.id().isClassic() ? null : shadow.id().name(), out);
        out.ascii(",\"change\":");
        ShadowChange change = shadow.lastChange();
        if (change == null) {
            out.ascii("null");
        } else {
            write(change, out);
        }
        out.ascii(",\"document\":");
        if (shadow.document().exists() && change != null) {
            out.raw(ShadowJson.whole(shadow.document(), change.time().physicalMillis() / 1000, null));
        } else {
            out.ascii("null");
        }
        out.ascii("}");
    }

    private static void write(ShadowChange change, TextOutput out) throws IOException {
        out.ascii("{\"ts\":");
        writeTime(change.time(), out);
        out.ascii(",\"version\":" + change.version() + ",\"kind\":\""
                + change.kind().name().toLowerCase(Locale.ROOT) + "\",\"by\":");
        out.jsonString(change.by());
        out.ascii(",\"fields\":[");
        for (int i = 0; i < change.fields().size(); i++) {
            out.ascii(i == 0 ? "" : ",");
            out.jsonString(change.fields().get(i));
        }
        out.ascii("],\"moreFields\":" + change.moreFields() + ",\"lost\":[");
        for (int i = 0; i < change.lost().size(); i++) {
            LostWrite lost = change.lost().get(i);
            out.ascii(i == 0 ? "{\"field\":" : ",{\"field\":");
            out.jsonString(lost.pointer());
            out.ascii(",\"region\":");
            out.jsonString(lost.stamp().region().value());
            out.ascii(",\"ts\":");
            writeTime(lost.stamp().time(), out);
            out.ascii(",\"value\":");
            out.raw(ShadowJson.value(lost.value()));
            out.ascii("}");
        }
        out.ascii("]}");
    }

    private static void writeText(@Nullable String text, TextOutput out) throws IOException {
        if (text == null) {
            out.ascii("null");
        } else {
            out.jsonString(text);
        }
    }

    private static void writeTime(HybridTime time, TextOutput out) throws IOException {
        out.ascii("\"");
        out.time(time.physicalMillis() * 1000);
        out.ascii("\"");
    }
}
