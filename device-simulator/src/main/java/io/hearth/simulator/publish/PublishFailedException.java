package io.hearth.simulator.publish;

/** Publishing could not start or had to break off; the message is a sentence for the user. */
public final class PublishFailedException extends Exception {

    private static final long serialVersionUID = 1;

    public PublishFailedException(String message) {
        super(message);
    }
}
