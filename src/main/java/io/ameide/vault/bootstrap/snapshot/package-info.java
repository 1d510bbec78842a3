/**
 * Raft snapshots: verified while they stream, stored with a manifest, read back, retained.
 *
 * <p>A snapshot counts once its archive was verified from the target itself and its manifest lies beside it. What
 * belongs to one kind of place is an {@link io.ameide.vault.bootstrap.snapshot.ObjectStore}; all else (what makes an archive
 * good, what its manifest says, when one is due, which ones expire) is there once and knows no place.
 */
package io.ameide.vault.bootstrap.snapshot;
