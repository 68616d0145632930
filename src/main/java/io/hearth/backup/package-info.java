/**
 * Backups of the embedded table in a directory, its log that follows them there, and the way back to any instant in
 * between. Knows files and commits, not what is in them.
 */
@NullMarked
package io.hearth.backup;

import org.jspecify.annotations.NullMarked;
