/**
 * Holds the ledger against what the service answers over REST. Knows the ledger and the service's public contract,
 * nothing of how readings were sent.
 */
@NullMarked
package io.hearth.simulator.verify;

import org.jspecify.annotations.NullMarked;
