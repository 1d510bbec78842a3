package io.ameide.vault.bootstrap.vault;

/**
 * A member of a Raft cluster, as the leader's autopilot sees it ({@code sys/storage/raft/autopilot/state}).
 *
 * @param address of its cluster port, without a scheme
 * @param status {@code leader}, {@code voter} or {@code non-voter}; a node that has just joined becomes a voter once it
 *     was stable for a while, ten seconds unless configured otherwise
 * @param healthy whether the leader heard from it lately and it keeps up
 * @param lastContact how long ago that was, as the server words it
 */
public record RaftPeer(String id, String address, String status, boolean healthy, String lastContact) {

    public boolean votes() {
        return !status.equals("non-voter");
    }
}
