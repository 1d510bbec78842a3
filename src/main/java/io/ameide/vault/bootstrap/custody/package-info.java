/**
 * Where shares live, and for the first minutes the root token: the key store, what it holds, who may use it now, and the
 * journal that makes initializing a server survive a crash.
 */
package io.ameide.vault.bootstrap.custody;
