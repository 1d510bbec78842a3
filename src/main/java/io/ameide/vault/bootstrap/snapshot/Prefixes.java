package io.ameide.vault.bootstrap.snapshot;

/** What the names of a place's objects begin with in a bucket or container that has other places, too. */
final class Prefixes {

    private Prefixes() {}

    /** The same prefix with one slash at its end and none at its beginning; empty for none. */
    static String closed(String prefix) {
        String bare = prefix.strip().replaceAll("^/+|/+$", "");
        return bare.isEmpty() ? "" : bare + "/";
    }
}
