package io.hearth.simulator.ledger;

import java.io.IOException;

/** A ledger file is damaged elsewhere than at its end, so that what follows cannot be trusted. */
public final class CorruptLedgerException extends IOException {

    private static final long serialVersionUID = 1;

    CorruptLedgerException(String message) {
        super(message);
    }
}
