package io.ameide.vault.bootstrap.vault;

/**
 * How many requests were sent, by what they do to the server.
 *
 * @param reads requests that change nothing
 * @param writes requests that may change configuration or data
 * @param sessions logins and revocations of the tool's own token, which every tick needs
 */
public record RequestCount(long reads, long writes, long sessions) {

    public static final RequestCount NONE = new RequestCount(0, 0, 0);

    public RequestCount plus(RequestCount other) {
        return new RequestCount(reads + other.reads, writes + other.writes, sessions + other.sessions);
    }

    public RequestCount minus(RequestCount other) {
        return new RequestCount(reads - other.reads, writes - other.writes, sessions - other.sessions);
    }
}
