/**
 * Everything that speaks HTTP to a node. The only package that knows status codes and the shape of answers; it turns
 * them into records and into the exceptions below {@link io.ameide.vault.bootstrap.vault.NodeException}. A sealed or
 * uninitialized node is a state here, not an error.
 */
package io.ameide.vault.bootstrap.vault;
