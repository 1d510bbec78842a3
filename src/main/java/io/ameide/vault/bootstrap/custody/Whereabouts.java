package io.ameide.vault.bootstrap.custody;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** The process that did something, so that a person can go and look for it. */
public record Whereabouts(long pid, String host) {

    public static Whereabouts current() {
        return new Whereabouts(ProcessHandle.current().pid(), hostName());
    }

    private static String hostName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            // A host whose own name does not resolve is common in containers, and no reason to stop.
            return "an unnamed host";
        }
    }

    /**
     * Told from all other processes, where pid and host do not: two Pods on the network of one machine are both pid 1 on
     * it.
     *
     * @param mark drawn at random, once in the life of the process
     */
    public String marked(int mark) {
        return "%s (%08x)".formatted(this, mark);
    }

    @Override
    public String toString() {
        return "pid " + pid + " on " + host;
    }
}
