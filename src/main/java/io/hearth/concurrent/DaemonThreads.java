package io.hearth.concurrent;

import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Makes all threads of the service that are not the framework's. They are daemons: the process ends in the order that shutdown
 * has, and none of them keeps it from ending. Their names tell in thread dumps and logs what they do.
 */
public final class DaemonThreads {
    private DaemonThreads() {}

    /** A thread that is not started yet. */
    public static Thread thread(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    /** For the threads of a pool, which all have this name. */
    public static ThreadFactory named(String name) {
        return task -> thread(name, task);
    }

    /** For the threads of a pool, which are told apart by a number behind {@code prefix}, from 1 on. */
    public static ThreadFactory numbered(String prefix) {
        AtomicInteger number = new AtomicInteger();
        return task -> thread(prefix + number.incrementAndGet(), task);
    }

    /** Waits until {@code thread} has ended, unless it is the caller; keeps an interrupt for later. */
    public static void join(Thread thread) {
        if (thread == Thread.currentThread()) {
            return;
        }
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
