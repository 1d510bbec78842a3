/** From addresses to nodes that serve: discover, initialize once with the shares safe, unseal. */
package io.ameide.vault.bootstrap.seal;
