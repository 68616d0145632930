package io.hearth.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class PrincipalTest {
    @Test
    void may_eachPrincipal_hasItsRightsAndNoOther() {
        assertThat(rightsOf(Principal.ADMIN)).containsExactly(Right.ADMINISTER, Right.READ_CHANGES);
        assertThat(rightsOf(Principal.PEER)).containsExactly(Right.READ_CHANGES);
        assertThat(rightsOf(Principal.DEVICE)).containsExactly(Right.CONNECT);
        assertThat(rightsOf(Principal.NOBODY)).isEmpty();
    }

    private static List<Right> rightsOf(Principal principal) {
        return Arrays.stream(Right.values()).filter(principal::may).toList();
    }
}
