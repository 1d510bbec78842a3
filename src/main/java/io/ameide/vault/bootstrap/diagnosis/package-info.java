/**
 * Why signing in through Kubernetes auth does not work: an {@link io.ameide.vault.bootstrap.diagnosis.Examination} gathers
 * evidence from the server and from the API server, and a {@link io.ameide.vault.bootstrap.diagnosis.Diagnosis} is a
 * function of it.
 */
package io.ameide.vault.bootstrap.diagnosis;
