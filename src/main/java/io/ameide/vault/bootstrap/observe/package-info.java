/** What monitoring sees of ticks. */
package io.ameide.vault.bootstrap.observe;
