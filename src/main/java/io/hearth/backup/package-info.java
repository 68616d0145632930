/**
 * Backups of the embedded table in a directory, its log that follows them there, and the way back to any instant in
 * between. Knows files and commits, not what is in them, but for what a restore has to make the table forget.
 */
@NullMarked
package io.hearth.backup;

import org.jspecify.annotations.NullMarked;
