/**
 * Who may come in: the admin token of REST, the password that devices share, and the gate in front of every HTTP route.
 * Closed unless {@code hearth.auth=off}, which is refused as soon as a listener is reachable from another machine.
 */
@NullMarked
package io.hearth.security;

import org.jspecify.annotations.NullMarked;
