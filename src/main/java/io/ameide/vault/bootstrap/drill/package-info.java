/**
 * Proves that the newest snapshot of a target comes back: opened with the shares in custody, on a server that is thrown
 * away, it must hold what was written right before it was taken.
 */
package io.ameide.vault.bootstrap.drill;
