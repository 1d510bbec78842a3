/**
 * Raft snapshots: verified while they stream, stored with a manifest, read back, retained.
 *
 * <p>A snapshot counts once its archive was verified from the target itself and its manifest lies beside it. What
 * belongs to one kind of target is in a class of that target ({@code SnapshotFolder}); everything that decides (what
 * makes an archive good, what its manifest says, when one is due, which ones expire) knows no target.
 */
package io.ameide.vault.bootstrap.snapshot;
