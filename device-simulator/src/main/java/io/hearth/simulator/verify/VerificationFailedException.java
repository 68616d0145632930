package io.hearth.simulator.verify;

/** The service could not be asked or gave an answer that cannot be read: there is no verdict. One sentence. */
public final class VerificationFailedException extends Exception {

    private static final long serialVersionUID = 1;

    public VerificationFailedException(String message) {
        super(message);
    }
}
