package io.hearth.promql;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Of each group the k series with the greatest or least values, chosen anew at each step; NaN comes last. Of equal values
 * the series that came first stays.
 */
final class TopAggregation implements Aggregation {
    private static final int FIRST_CAPACITY = 4;

    private final boolean greatest;
    private final Expr.Grouping grouping;
    private final double[] wanted;
    private final QueryBudget budget;
    private final Map<Labels, Group> groups = new LinkedHashMap<>();

    /** @param wanted k at each step */
    TopAggregation(boolean greatest, Expr.Grouping grouping, double[] wanted, QueryBudget budget) {
        this.greatest = greatest;
        this.grouping = grouping;
        this.wanted = wanted;
        this.budget = budget;
        for (double k : wanted) {
            if (!(Math.abs(k) < Long.MAX_VALUE)) {
                throw PromQlException.execution("Scalar value " + k + " overflows int64");
            }
        }
    }

    /** The chosen at each step, best first: {@code capacity} places a step. */
    private static final class Group {
        final List<Labels> series = new ArrayList<>();
        final int[] sizes;
        int capacity = FIRST_CAPACITY;
        double[] values;
        int[] owners;

        Group(int steps) {
            sizes = new int[steps];
            values = new double[steps * capacity];
            owners = new int[steps * capacity];
        }
    }

    @Override
    public void series(Labels labels, StepValues values) {
        Group group = groups.computeIfAbsent(grouping.of(labels), key -> {
            budget.hold((long) FIRST_CAPACITY * wanted.length);
            return new Group(wanted.length);
        });
        budget.holdLabels(labels);
        int owner = group.series.size();
        group.series.add(labels);
        for (int step = 0; step < wanted.length; step++) {
            if (values.has(step) && wanted[step] >= 1) {
                offer(group, step, owner, values.at(step));
            }
        }
    }

    private void offer(Group group, int step, int owner, double value) {
        int size = group.sizes[step];
        boolean full = size >= (long) wanted[step];
        if (full && !isBetter(value, group.values[step * group.capacity + size - 1])) {
            return;
        }
        if (!full && size == group.capacity) {
            grow(group);
        }
        int first = step * group.capacity;
        int kept = full ? size - 1 : size;
        int place = first + kept;
        while (place > first && isBetter(value, group.values[place - 1])) {
            place--;
        }
        System.arraycopy(group.values, place, group.values, place + 1, first + kept - place);
        System.arraycopy(group.owners, place, group.owners, place + 1, first + kept - place);
        group.values[place] = value;
        group.owners[place] = owner;
        group.sizes[step] = kept + 1;
    }

    private boolean isBetter(double value, double than) {
        if (Double.isNaN(value) || Double.isNaN(than)) {
            return !Double.isNaN(value);
        }
        return greatest ? value > than : value < than;
    }

    private void grow(Group group) {
        int capacity = 2 * group.capacity;
        budget.hold((long) group.capacity * wanted.length);
        double[] values = new double[wanted.length * capacity];
        int[] owners = new int[wanted.length * capacity];
        for (int step = 0; step < wanted.length; step++) {
            System.arraycopy(group.values, step * group.capacity, values, step * capacity, group.sizes[step]);
            System.arraycopy(group.owners, step * group.capacity, owners, step * capacity, group.sizes[step]);
        }
        group.capacity = capacity;
        group.values = values;
        group.owners = owners;
    }

    @Override
    public <E extends Exception> void emit(SeriesSink<E> sink) throws E {
        for (Group group : groups.values()) {
            emit(group, sink);
        }
    }

    private <E extends Exception> void emit(Group group, SeriesSink<E> sink) throws E {
        int[] places = placesByOwner(group);
        StepValues values = new StepValues(wanted.length);
        for (int i = 0; i < places.length; ) {
            int owner = group.owners[places[i]];
            values.clear();
            for (; i < places.length && group.owners[places[i]] == owner; i++) {
                values.set(places[i] / group.capacity, group.values[places[i]]);
            }
            sink.series(group.series.get(owner), values);
        }
    }

    /** The taken places, all of a series together, ascending by step; at a single step best first. */
    private int[] placesByOwner(Group group) {
        int[] starts = new int[group.series.size() + 1];
        for (int step = 0; step < wanted.length; step++) {
            for (int i = 0; i < group.sizes[step]; i++) {
                starts[group.owners[step * group.capacity + i] + 1]++;
            }
        }
        for (int owner = 0; owner < group.series.size(); owner++) {
            starts[owner + 1] += starts[owner];
        }
        int[] places = new int[starts[group.series.size()]];
        if (wanted.length == 1) {
            Arrays.setAll(places, i -> i);
            return places;
        }
        for (int step = 0; step < wanted.length; step++) {
            for (int i = 0; i < group.sizes[step]; i++) {
                int place = step * group.capacity + i;
                places[starts[group.owners[place]]++] = place;
            }
        }
        return places;
    }
}
