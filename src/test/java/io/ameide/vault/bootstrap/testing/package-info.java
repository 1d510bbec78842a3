/** Real servers for tests, and what makes them fail on purpose. */
package io.ameide.vault.bootstrap.testing;
