package io.hearth.table.rocksdb.file;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jboss.logging.Logger;

/** The damage that was met since the table was opened: each is logged once, and all can be asked for. */
public final class Damages {
    /** More are logged, but not remembered. */
    private static final int MAX_REMEMBERED = 1000;

    private static final Logger LOG = Logger.getLogger(Damages.class);

    private final Set<String> found = new LinkedHashSet<>();

    /**
     * Takes note of damage.
     *
     * @param damage the file and the place, and what it means
     * @return whether it is new
     */
    public synchronized boolean found(String damage) {
        if (found.contains(damage)) {
            return false;
        }
        LOG.errorf("the table is damaged: %s", damage);
        return found.size() < MAX_REMEMBERED && found.add(damage);
    }

    public synchronized List<String> all() {
        return List.copyOf(found);
    }
}
