/** OpenPGP public keys (RFC 9580), and what is encrypted to them. */
package io.ameide.vault.bootstrap.openpgp;
