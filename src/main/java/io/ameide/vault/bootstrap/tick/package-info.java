/** What a tick is: ordered steps, the outcome of each, and the report of the whole. */
package io.ameide.vault.bootstrap.tick;
