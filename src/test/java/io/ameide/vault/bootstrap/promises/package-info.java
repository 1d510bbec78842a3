/** The promises that only a harmed process can break, tested on the packaged application and a real server. */
package io.ameide.vault.bootstrap.promises;
