package io.hearth.presence;

import static io.hearth.presence.PresenceState.NO_SESSION;
import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.model.DeviceId;
import io.hearth.presence.Presence.Cause;
import io.hearth.table.FakeClock;
import io.hearth.table.memory.MemoryTable;
import org.junit.jupiter.api.Test;

class PresenceStateTest {
    private static final DeviceId LAMP = new DeviceId("lamp");
    private static final long OTHER_PROCESS = 7;

    private final FakeClock clock = new FakeClock();
    private final Processes processes = new Processes(new MemoryTable(clock), clock, clock::nanoTime);
    private final long own = processes.own();

    @Test
    void connected_andDisconnectedByTheSameSession_isOffline() {
        PresenceState online = PresenceState.UNKNOWN.connected(event(1, true), 11, processes);

        assertThat(online).isEqualTo(new PresenceState(event(1, true), 11, NO_SESSION, own));
        assertThat(online.disconnected(event(2, false), 11, processes))
                .isEqualTo(new PresenceState(event(2, false), NO_SESSION, NO_SESSION, own));
    }

    @Test
    void connected_again_isOnlineSinceTheFirstTime() {
        PresenceState online = PresenceState.UNKNOWN.connected(event(1, true), 11, processes);

        assertThat(online.connected(event(2, true), 12, processes))
                .isEqualTo(new PresenceState(event(1, true), 12, NO_SESSION, own));
    }

    @Test
    void disconnected_bySessionThatAnotherHasTakenOver_changesNothing() {
        PresenceState online = PresenceState.UNKNOWN.connected(event(1, true), 12, processes);

        assertThat(online.disconnected(event(2, false), 11, processes)).isEqualTo(online);
    }

    @Test
    void disconnected_whenTheDeviceIsConnectedToAnotherProcess_onlyForgetsTheSession() {
        PresenceState elsewhere = new PresenceState(event(1, true), 11, NO_SESSION, OTHER_PROCESS);

        assertThat(elsewhere.disconnected(event(2, false), 11, processes))
                .isEqualTo(new PresenceState(event(1, true), NO_SESSION, NO_SESSION, OTHER_PROCESS));
    }

    @Test
    void said_byNoSession_dependsOnNoProcess() {
        PresenceState said = PresenceState.UNKNOWN.said(event(1, true), NO_SESSION, processes);

        assertThat(said).isEqualTo(new PresenceState(event(1, true), NO_SESSION, NO_SESSION, 0));
    }

    @Test
    void said_byASession_dependsOnThisProcess_andForgetsTheSessionWhenOffline() {
        PresenceState online = PresenceState.UNKNOWN.said(event(1, true), 11, processes);

        assertThat(online).isEqualTo(new PresenceState(event(1, true), NO_SESSION, 11, own));
        assertThat(online.said(event(2, false), 11, processes))
                .isEqualTo(new PresenceState(event(2, false), NO_SESSION, NO_SESSION, own));
    }

    @Test
    void willSaid_ofASessionThatAnotherHasTakenOver_changesNothing() {
        PresenceState connected = PresenceState.UNKNOWN.connected(event(1, true), 12, processes);
        PresenceState said = PresenceState.UNKNOWN.said(event(1, true), 12, processes);

        assertThat(connected.willSaid(event(2, false), 11, processes)).isEqualTo(connected);
        assertThat(said.willSaid(event(2, false), 11, processes)).isEqualTo(said);
    }

    @Test
    void willSaid_ofTheOnlySession_isOffline_butNotWhenAnotherProcessHasTheDevice() {
        PresenceState here = PresenceState.UNKNOWN.said(event(1, true), 11, processes);
        PresenceState elsewhere = new PresenceState(event(1, true), NO_SESSION, 11, OTHER_PROCESS);

        assertThat(here.willSaid(event(2, false), 11, processes))
                .isEqualTo(new PresenceState(event(2, false), NO_SESSION, NO_SESSION, own));
        assertThat(elsewhere.willSaid(event(2, false), 11, processes))
                .isEqualTo(new PresenceState(event(1, true), NO_SESSION, NO_SESSION, OTHER_PROCESS));
    }

    @Test
    void boundAnew_isOnlineAsItWas_ifTheSameSessionIsThereAndNoOtherProcessHasTheDevice() {
        PresenceState was = new PresenceState(event(1, true), 11, NO_SESSION, own);
        PresenceState takenOffline = new PresenceState(event(2, false), 11, NO_SESSION, own);
        PresenceState otherSession = new PresenceState(event(2, false), 12, NO_SESSION, own);
        PresenceState elsewhere = new PresenceState(event(2, true), 11, NO_SESSION, OTHER_PROCESS);

        assertThat(takenOffline.boundAnew(was, processes)).isEqualTo(was);
        assertThat(otherSession.boundAnew(was, processes)).isEqualTo(otherSession);
        assertThat(elsewhere.boundAnew(was, processes)).isEqualTo(elsewhere);
        assertThat(PresenceState.UNKNOWN.withSessionsOf(was).boundAnew(was, processes))
                .isEqualTo(PresenceState.UNKNOWN.withSessionsOf(was));
    }

    private static Presence event(long sinceMicros, boolean online) {
        return new Presence(LAMP, online, sinceMicros, Cause.CONNECTION);
    }
}
