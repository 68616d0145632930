package io.hearth.simulator.fleet;

import static io.hearth.simulator.fleet.MetricKind.FLAG;
import static io.hearth.simulator.fleet.MetricKind.INTEGER;
import static io.hearth.simulator.fleet.MetricKind.TENTHS;

import java.util.List;

/** The kinds of device found in a house, with what each of them measures. */
public enum DeviceType {
    /** Warms a room towards a setpoint that is lower at night. */
    THERMOSTAT(
            new Metric("temperature", TENTHS),
            new Metric("humidity", TENTHS),
            new Metric("setpoint", TENTHS),
            new Metric("heating", FLAG)) {
        @Override
        void measure(Signal signal, long[] values, int at) {
            double setpoint = signal.daily(15) > -0.4 ? 21 : 17.5;
            setpoint += Math.round(signal.trait(1) * 4) / 2.0 - 1;
            double temperature = setpoint + 0.6 * signal.drift(2, 20 * Signal.MINUTE) + 0.1 * signal.jitter(3);
            double humidity = 45 - 8 * signal.daily(15) + 6 * signal.drift(4, Signal.HOUR) + 0.3 * signal.jitter(5);
            values[at] = tenths(temperature);
            values[at + 1] = tenths(humidity);
            values[at + 2] = tenths(setpoint);
            values[at + 3] = flag(temperature < setpoint);
        }
    },
    /** A motion sensor with a light meter: busy in the evening, still at night. */
    MOTION(new Metric("motion", FLAG), new Metric("illuminance", INTEGER), new Metric("battery", TENTHS)) {
        @Override
        void measure(Signal signal, long[] values, int at) {
            double busy = 0.02 + 0.2 * Math.max(0, signal.daily(19));
            double light = 600 * Math.max(0, signal.daily(13)) * (0.7 + 0.3 * signal.drift(1, 15 * Signal.MINUTE));
            values[at] = flag(signal.happens(2, Signal.MINUTE, busy));
            values[at + 1] = Math.round(light + 2 + 2 * signal.jitter(3));
            values[at + 2] = battery(signal);
        }
    },
    /** A switched socket that counts the energy drawn through it. */
    POWER_PLUG(
            new Metric("power", TENTHS),
            new Metric("energy", TENTHS),
            new Metric("voltage", TENTHS),
            new Metric("on", FLAG)) {
        @Override
        void measure(Signal signal, long[] values, int at) {
            double meanWatts = 20 + 180 * signal.trait(1);
            double swing = 0.6;
            boolean on = !signal.happens(2, 30 * Signal.MINUTE, 0.15 - 0.1 * signal.daily(20));
            double watts = meanWatts * (1 + swing * signal.daily(20)) * (1 + 0.1 * signal.drift(3, 5 * Signal.MINUTE))
                    + signal.jitter(4);
            values[at] = on ? Math.max(5, tenths(watts)) : 3;
            values[at + 1] = tenths(Math.max(0, wattHours(signal, meanWatts)));
            values[at + 2] = tenths(230 + 4 * signal.drift(5, 10 * Signal.MINUTE) + 0.5 * signal.jitter(6));
            values[at + 3] = flag(on);
        }

        /**
         * The counter as a sum that needs no history: a steady rise from 2020 with a wave whose slope never exceeds it,
         * so that it cannot fall.
         */
        private double wattHours(Signal signal, double meanWatts) {
            double hours = (signal.deviceTimeMicros() - YEAR_2020_MICROS) / (double) Signal.HOUR;
            double wave = 12 / Math.PI * Math.sin((hours + 4) * Math.PI / 12);
            return meanWatts * (hours + 0.6 * wave) + 10;
        }
    },
    /** A door or window contact. */
    CONTACT(new Metric("open", FLAG), new Metric("battery", TENTHS)) {
        @Override
        void measure(Signal signal, long[] values, int at) {
            values[at] = flag(signal.happens(1, 2 * Signal.MINUTE, 0.03 + 0.1 * Math.max(0, signal.daily(17))));
            values[at + 1] = battery(signal);
        }
    },
    /** An air monitor: stale towards the evening, fresh after a window was open. */
    AIR_QUALITY(
            new Metric("co2", INTEGER),
            new Metric("pm25", TENTHS),
            new Metric("tvoc", INTEGER),
            new Metric("temperature", TENTHS)) {
        @Override
        void measure(Signal signal, long[] values, int at) {
            double co2 =
                    750 + 200 * signal.daily(21) + 120 * signal.drift(1, 30 * Signal.MINUTE) + 5 * signal.jitter(2);
            double pm25 = 9 + 4 * signal.daily(19) + 4 * signal.drift(3, Signal.HOUR) + 0.3 * signal.jitter(4);
            double tvoc = 150 + 60 * signal.daily(20) + 60 * signal.drift(5, 40 * Signal.MINUTE) + 3 * signal.jitter(6);
            values[at] = Math.round(Math.max(400, co2));
            values[at + 1] = Math.max(0, tenths(pm25));
            values[at + 2] = Math.round(Math.max(0, tvoc));
            values[at + 3] = tenths(21 + 1.5 * signal.daily(16) + 0.5 * signal.drift(7, Signal.HOUR));
        }
    };

    private static final long YEAR_2020_MICROS = 1_577_836_800_000_000L;

    private final Shape shape;

    DeviceType(Metric... metrics) {
        this.shape = new Shape(List.of(metrics));
    }

    /** What this type measures. */
    public Shape shape() {
        return shape;
    }

    /** Writes one value per metric of {@link #shape()}, from {@code at} on. */
    abstract void measure(Signal signal, long[] values, int at);

    private static long tenths(double value) {
        return Math.round(value * 10);
    }

    private static long flag(boolean value) {
        return value ? 1 : 0;
    }

    /** Empties over about 400 days and is then changed. */
    private static long battery(Signal signal) {
        long life = 400 * Signal.DAY;
        long used = Math.floorMod(signal.deviceTimeMicros() + (long) (signal.trait(7) * life), life);
        return 1000 - used * 950 / life;
    }
}
