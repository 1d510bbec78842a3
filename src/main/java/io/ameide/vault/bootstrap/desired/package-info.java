/**
 * The desired-state document: what policies, engines, auth methods, audit devices, secrets and other resources must
 * exist, as records, and the parser that names file, line and key of whatever it cannot accept.
 */
package io.ameide.vault.bootstrap.desired;
