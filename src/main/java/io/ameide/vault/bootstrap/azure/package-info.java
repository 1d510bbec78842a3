/** Who this process is to Microsoft Azure, for every feature that keeps something there. */
package io.ameide.vault.bootstrap.azure;
