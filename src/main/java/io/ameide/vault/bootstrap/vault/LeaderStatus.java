package io.ameide.vault.bootstrap.vault;

/**
 * Who leads, in one node's view ({@code sys/leader}).
 *
 * @param self whether the node that answered leads
 * @param leaderAddress the leader's {@code api_addr}, empty while there is none
 * @param committedIndex the Raft index this node knows to be committed; 0 with other storage
 */
public record LeaderStatus(boolean self, String leaderAddress, long committedIndex) {}
