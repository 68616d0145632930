package io.hearth.presence;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a device: its presence, and who says so. What an event makes of it is decided here, and nothing is stored.
 *
 * @param presence null if nothing has ever been heard
 * @param connection the open session of the client that has the device's id, or none
 * @param speaker the session that last said that the device is online, or none
 * @param process the process whose connections say so; 0 if it depends on none
 */
record PresenceState(@Nullable Presence presence, long connection, long speaker, long process) {
    /** A session that is not known. */
    static final long NO_SESSION = 0;

    static final PresenceState UNKNOWN = new PresenceState(null, NO_SESSION, NO_SESSION, 0);

    /** What the table has, which knows no sessions. */
    static PresenceState stored(Presence presence, long process) {
        return new PresenceState(presence, NO_SESSION, NO_SESSION, process);
    }

    PresenceState withSessionsOf(PresenceState other) {
        return new PresenceState(presence, other.connection, other.speaker, process);
    }

    boolean hasSession() {
        return connection != NO_SESSION || speaker != NO_SESSION;
    }

    boolean isOnline() {
        return presence != null && presence.online();
    }

    boolean isStoredAs(PresenceState stored) {
        return Objects.equals(presence, stored.presence) && process == stored.process;
    }

    /** The client with the device's id has connected. */
    PresenceState connected(Presence online, long session, Processes processes) {
        return new PresenceState(changed(online), session, speaker, processes.own());
    }

    /** A session of the client with the device's id has ended, which counts only if no other has taken over. */
    PresenceState disconnected(Presence offline, long session, Processes processes) {
        if (connection != session) {
            return this;
        }
        return presence == null || processes.isOther(process)
                ? new PresenceState(presence, NO_SESSION, speaker, process)
                : new PresenceState(changed(offline), NO_SESSION, speaker, processes.own());
    }

    /**
     * The device's status topic says whether it is online.
     *
     * @param session that said so, or {@link #NO_SESSION}
     */
    PresenceState said(Presence said, long session, Processes processes) {
        return new PresenceState(
                changed(said),
                connection,
                said.online() ? session : NO_SESSION,
                session == NO_SESSION ? 0 : processes.own());
    }

    /** The last will of a session says that the device is offline, which counts only if no other session has it. */
    PresenceState willSaid(Presence offline, long session, Processes processes) {
        boolean isTaken = isOther(connection, session) || isOther(speaker, session);
        if (isTaken) {
            return this;
        }
        return processes.isOther(process)
                ? new PresenceState(presence, connection, NO_SESSION, process)
                : new PresenceState(changed(offline), connection, NO_SESSION, processes.own());
    }

    /**
     * This process goes on under another number, as others had taken it for dead and may have taken the device offline.
     *
     * @param was what this process knew when it learned of that: online
     */
    PresenceState boundAnew(PresenceState was, Processes processes) {
        boolean isSame = connection == was.connection && speaker == was.speaker;
        // Taken offline by others, an item names the process that it was bound to.
        boolean isTaken = presence == null || processes.isOther(process);
        return isSame && !isTaken ? new PresenceState(was.presence, connection, speaker, processes.own()) : this;
    }

    private static boolean isOther(long holder, long session) {
        return holder != NO_SESSION && holder != session;
    }

    /** The presence after an event: what it was, if that was the same. */
    private Presence changed(Presence event) {
        return presence != null && presence.online() == event.online() ? presence : event;
    }
}
