/**
 * Application secrets: where they are kept, the fixtures and generated values they come from, and how they get from the
 * one to the other.
 */
package io.ameide.vault.bootstrap.secrets;
