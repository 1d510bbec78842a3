/**
 * Audit devices, policies, secret engines, auth methods with their roles, and other resources: what the server has is
 * read, compared field by field with what the desired state asks for, and only differences are written.
 */
package io.ameide.vault.bootstrap.configure;
