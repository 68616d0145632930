package io.hearth.simulator.scenario;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Runs a scenario in another size than the file says.
 *
 * @param duration the schedule is stretched or shrunk to this, with all that lies on its clock; null for as it is
 * @param scale factor for numbers of devices, apps and misbehaving clients, and for rates
 * @param part which part of the fleet this process plays, from 1
 * @param parts how many processes share the fleet
 */
public record Sizing(@Nullable Duration duration, double scale, int part, int parts) {

    public static final Sizing AS_IT_IS = new Sizing(null, 1, 1, 1);

    public Sizing {
        if (!(scale > 0 && scale <= 1_000)) {
            throw new IllegalArgumentException("the scale must be above 0 and at most 1000, not " + scale);
        }
        if (parts < 1 || part < 1 || part > parts) {
            throw new IllegalArgumentException("a part is like 2/3, not " + part + "/" + parts);
        }
        if (duration != null && duration.isZero()) {
            throw new IllegalArgumentException("the duration must be above 0");
        }
    }

    /** At least one, if there is any, before the parts are dealt out. */
    int count(int count) {
        return count == 0 ? 0 : (int) Math.max(1, Math.round(count * scale));
    }

    /** This process's share of so many. */
    int ofPart(int count) {
        return count / parts + (part <= count % parts ? 1 : 0);
    }

    double rate(double rate) {
        return rate * scale / parts;
    }
}
