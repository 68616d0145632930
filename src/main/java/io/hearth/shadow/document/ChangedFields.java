package io.hearth.shadow.document;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Lists which fields a write touched, as JSON Pointers (RFC 6901); a bounded list, and the number of what it lacks. */
public final class ChangedFields {
    static final int MAX_FIELDS = 64;
    static final int MAX_CHARS = 4096;

    private final List<String> pointers = new ArrayList<>();
    private int chars;
    private int more;

    private ChangedFields() {}

    /** Those that a patch names: its leaves, arrays, nulls and empty objects. */
    public static ChangedFields of(@Nullable JsonValue patch) {
        ChangedFields fields = new ChangedFields();
        if (patch instanceof JsonValue.Fields sections) {
            sections.fields().forEach((name, section) -> fields.collect("/" + name, section));
        } else if (patch != null) {
            fields.add("/" + ShadowDocument.DESIRED);
            fields.add("/" + ShadowDocument.REPORTED);
        }
        return fields;
    }

    /** Those that were written between two states of a document. */
    public static ChangedFields between(ShadowDocument before, ShadowDocument after) {
        ChangedFields fields = new ChangedFields();
        fields.collect("", before.root(), after.root());
        return fields;
    }

    public List<String> pointers() {
        return pointers;
    }

    public int more() {
        return more;
    }

    static String child(String pointer, String name) {
        boolean plain = name.indexOf('~') < 0 && name.indexOf('/') < 0;
        return pointer + "/" + (plain ? name : name.replace("~", "~0").replace("/", "~1"));
    }

    private void collect(String pointer, JsonValue value) {
        if (value instanceof JsonValue.Fields object && !object.fields().isEmpty()) {
            object.fields().forEach((name, field) -> collect(child(pointer, name), field));
        } else {
            add(pointer);
        }
    }

    private void collect(String pointer, Node before, Node after) {
        if (before.equals(after)) {
            return;
        }
        Node.Assignment assigned = after.assigned();
        boolean written = assigned != null && !assigned.equals(before.assigned());
        boolean emptied = after.objectSince() != null
                && !after.objectSince().equals(before.objectSince())
                && after.children().isEmpty();
        if (written || emptied) {
            add(pointer);
        }
        for (Map.Entry<String, Node> child : after.children().entrySet()) {
            collect(child(pointer, child.getKey()), before.child(child.getKey()), child.getValue());
        }
    }

    private void add(String pointer) {
        if (pointers.size() < MAX_FIELDS && chars + pointer.length() <= MAX_CHARS) {
            pointers.add(pointer);
            chars += pointer.length();
        } else {
            more++;
        }
    }
}
