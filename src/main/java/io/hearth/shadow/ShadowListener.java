package io.hearth.shadow;

import io.hearth.shadow.document.ShadowDocument;
import io.hearth.shadow.document.ShadowId;
import io.hearth.shadow.document.ShadowUpdate;
import org.jspecify.annotations.Nullable;

/**
 * Is told what has become of shadows, after the commit and before who asked is answered. The changes of one thing that were
 * asked for here come in their order, on a thread of the {@link ShadowService}, which must not be held up for long.
 */
public interface ShadowListener {
    /** Listens to nothing. */
    ShadowListener NONE = new ShadowListener() {
        @Override
        public void updated(ShadowId id, ShadowUpdate update) {}

        @Override
        public void deleted(ShadowId id, ShadowDocument document, @Nullable String clientToken) {}

        @Override
        public void merged(ShadowId id, ShadowDocument previous, ShadowDocument current) {}
    };

    void updated(ShadowId id, ShadowUpdate update);

    void deleted(ShadowId id, ShadowDocument document, @Nullable String clientToken);

    /** Writes of another region have changed what clients see of a shadow, which exists before, afterwards, or both. */
    void merged(ShadowId id, ShadowDocument previous, ShadowDocument current);
}
