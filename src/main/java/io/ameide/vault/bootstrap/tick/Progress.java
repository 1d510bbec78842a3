package io.ameide.vault.bootstrap.tick;

/** Told of work that has many parts, so that a person at a terminal sees it move. Called from several threads. */
@FunctionalInterface
public interface Progress {

    Progress NONE = (what, done, total) -> {};

    void advanced(String what, int done, int total);
}
