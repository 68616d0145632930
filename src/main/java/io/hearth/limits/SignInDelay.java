package io.hearth.limits;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.InetAddress;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Slows down those who guess credentials: after some refusals each further one is answered later, by address. Right credentials
 * are never delayed, so nobody can lock others out, also behind one address. Safe for several threads.
 */
public final class SignInDelay {
    /** Refusals of an address that are answered at once: people mistype, programs try once more. */
    static final int FREE = 5;

    private static final Duration FIRST = Duration.ofMillis(250);
    private static final int MAX_DOUBLINGS = 20;
    private static final Duration FORGOTTEN_AFTER = Duration.ofMinutes(1);
    private static final int MAX_ADDRESSES = 10_000;

    private final Cache<InetAddress, AtomicInteger> refusals;
    private final Counter delayed;
    private final Duration longest;

    /** @param longest how long a refusal may be delayed; zero to answer each at once */
    public SignInDelay(Duration longest, MeterRegistry registry) {
        this(longest, registry, Ticker.systemTicker());
    }

    SignInDelay(Duration longest, MeterRegistry registry, Ticker ticker) {
        this.longest = longest;
        refusals = Caffeine.newBuilder()
                .expireAfterAccess(FORGOTTEN_AFTER)
                .maximumSize(MAX_ADDRESSES)
                .ticker(ticker)
                .build();
        delayed = Counter.builder("hearth.sign.in.delayed")
                .description("Refusals of credentials that were answered later, as their address had many")
                .register(registry);
    }

    /** Takes note of wrong credentials from an address, and says how long to wait before they are refused. */
    public Duration refused(InetAddress address) {
        AtomicInteger count = refusals.get(address, unknown -> new AtomicInteger());
        int beyond = count.incrementAndGet() - FREE;
        if (beyond <= 0 || longest.isZero()) {
            return Duration.ZERO;
        }
        delayed.increment();
        Duration doubled = FIRST.multipliedBy(1L << Math.min(beyond - 1, MAX_DOUBLINGS));
        return doubled.compareTo(longest) < 0 ? doubled : longest;
    }
}
