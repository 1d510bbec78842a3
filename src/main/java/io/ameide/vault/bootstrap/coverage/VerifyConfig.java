package io.ameide.vault.bootstrap.coverage;

import io.smallrye.config.ConfigMapping;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What is verified besides the desired state itself. */
@ConfigMapping(prefix = "bootstrap.verify")
public interface VerifyConfig {

    /** YAML files of the keys that workloads require. */
    Optional<List<Path>> requiredKeys();

    ExternalSecrets externalSecrets();

    /** What the External Secrets Operator made of the secrets. */
    interface ExternalSecrets {

        /** The ClusterSecretStore that it uses; without it nothing is looked at. */
        Optional<String> store();

        /** Namespaces in which the keys of its Kubernetes Secrets are looked at, which takes the permission to read them. */
        Optional<List<String>> namespaces();
    }
}
