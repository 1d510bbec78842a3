/** Files of bounded size. */
package io.ameide.vault.bootstrap.files;
