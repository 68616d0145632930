package io.hearth.identity;

/** Who asks, as far as credentials have shown it. */
public sealed interface Principal {
    Principal ADMIN = new Admin();
    Principal PEER = new Peer();
    Principal DEVICE = new Device();
    Principal NOBODY = new Nobody();

    boolean may(Right right);

    /** An operator or an app: has the admin token. */
    record Admin() implements Principal {
        @Override
        public boolean may(Right right) {
            return right != Right.CONNECT;
        }
    }

    /** Another region: has the token of peers. */
    record Peer() implements Principal {
        @Override
        public boolean may(Right right) {
            return right == Right.READ_CHANGES;
        }
    }

    /** A device: has the password of devices. It is one for all yet, so it does not say which device. */
    record Device() implements Principal {
        @Override
        public boolean may(Right right) {
            return right == Right.CONNECT;
        }
    }

    /** A stranger: has shown nothing, or nothing that is known. */
    record Nobody() implements Principal {
        @Override
        public boolean may(Right right) {
            return false;
        }
    }
}
