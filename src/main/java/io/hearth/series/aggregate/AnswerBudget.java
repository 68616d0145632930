package io.hearth.series.aggregate;

/**
 * What an answer may hold in memory while it is made, and whether somebody still waits for it. Ends it by exceptions of its own.
 * Safe for several threads.
 */
public interface AnswerBudget {
    /** Sets no bound. */
    AnswerBudget UNBOUNDED = new AnswerBudget() {
        @Override
        public void hold(long bytes) {}

        @Override
        public void giveBack(long bytes) {}

        @Override
        public void requireClient() {}
    };

    /** Called before so many bytes more are held. May wait for others to let go of some. */
    void hold(long bytes);

    /** Called when bytes that were held are no longer. */
    void giveBack(long bytes);

    /** Called every now and then: ends an answer that nobody waits for. */
    void requireClient();
}
