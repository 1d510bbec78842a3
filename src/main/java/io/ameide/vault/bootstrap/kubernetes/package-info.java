/**
 * Everything that speaks to a Kubernetes API server: Secrets and Leases. The only package that knows its status codes;
 * it turns them into records and into the exceptions below
 * {@link io.ameide.vault.bootstrap.kubernetes.ApiServerException}.
 */
package io.ameide.vault.bootstrap.kubernetes;
