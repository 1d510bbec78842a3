/**
 * Real throw-away servers: finds a server binary and runs Raft nodes from it on loopback, for dev mode, restore
 * drills and tests.
 */
package io.ameide.vault.bootstrap.sandbox;
