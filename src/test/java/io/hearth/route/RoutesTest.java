package io.hearth.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.identity.Requires;
import io.hearth.identity.Right;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class RoutesTest {
    @Path("/things")
    @Requires(Right.READ_CHANGES)
    static class Things {
        @GET
        @Path("/{id}")
        public void get() {}

        @DELETE
        @Path("/{id}")
        @Requires(Right.ADMINISTER)
        public void delete() {}

        @POST
        @Path("/{id:[^/:]+}:replay")
        public void replay() {}
    }

    @Path("/")
    static class Streams {
        @POST
        @UnboundedBody
        @Path("/write")
        public void write() {}
    }

    private final Routes routes = new Routes(() -> List.of(Things.class, Streams.class));

    @Test
    void methodsAt_path_areThoseOfItsRoutes_andWhatHttpAdds() {
        assertThat(routes.methodsAt("/things/a")).containsExactly("DELETE", "GET", "HEAD", "OPTIONS");
        assertThat(routes.methodsAt("/things/a:replay")).contains("POST");
        assertThat(routes.methodsAt("/write")).containsExactly("OPTIONS", "POST");
        assertThat(routes.methodsAt("/things/a/b")).containsExactly("OPTIONS");
    }

    @Test
    void rightFor_route_isItsOwnOrThatOfItsClass() {
        assertThat(routes.rightFor("GET", "/things/a")).isEqualTo(Right.READ_CHANGES);
        assertThat(routes.rightFor("HEAD", "/things/a")).isEqualTo(Right.READ_CHANGES);
        assertThat(routes.rightFor("DELETE", "/things/a")).isEqualTo(Right.ADMINISTER);
    }

    @Test
    void rightFor_whatNoRouteSaysAnythingOf_isTheHighest() {
        assertThat(routes.rightFor("POST", "/write")).isEqualTo(Right.ADMINISTER);
        assertThat(routes.rightFor("PUT", "/things/a")).isEqualTo(Right.ADMINISTER);
        assertThat(routes.rightFor("GET", "/things/a/")).isEqualTo(Right.ADMINISTER);
        assertThat(routes.rightFor("GET", "/nothing")).isEqualTo(Right.ADMINISTER);
    }

    @Test
    void mayHaveUnboundedBody_onlyWhereARouteSaysSo() {
        assertThat(routes.mayHaveUnboundedBody("/write")).isTrue();
        assertThat(routes.mayHaveUnboundedBody("/things/a:replay")).isFalse();
        assertThat(routes.mayHaveUnboundedBody("/write/")).isFalse();
    }
}
