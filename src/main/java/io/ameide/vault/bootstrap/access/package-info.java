/** How a tick signs in, with the least policy that its desired state needs, and how it gives every token back. */
package io.ameide.vault.bootstrap.access;
