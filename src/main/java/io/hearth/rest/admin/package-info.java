/** What operators have done: backups, erasure, maintenance. */
@NullMarked
package io.hearth.rest.admin;

import org.jspecify.annotations.NullMarked;
