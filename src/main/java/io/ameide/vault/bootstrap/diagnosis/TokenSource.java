package io.ameide.vault.bootstrap.diagnosis;

import io.ameide.vault.bootstrap.kubernetes.Account;

import java.nio.file.Path;

/** Where the token of a login comes from. */
public sealed interface TokenSource {

    record InFile(Path file) implements TokenSource {
        @Override
        public String toString() {
            return "token in " + file;
        }
    }

    /** Made by the API server on request. */
    record Requested(Account account, String audience) implements TokenSource {
        @Override
        public String toString() {
            return "token requested for ServiceAccount " + account;
        }
    }
}
