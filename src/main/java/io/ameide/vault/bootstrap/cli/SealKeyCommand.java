package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.custody.SealKey;
import io.ameide.vault.bootstrap.kubernetes.Secrets;
import io.fabric8.kubernetes.client.KubernetesClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

import jakarta.enterprise.inject.Instance;

import java.security.SecureRandom;
import java.util.Optional;

@Command(name = "seal-key", description = "Look after the key of a static seal.")
final class SealKeyCommand implements Runnable {

    @ParentCommand
    KeysCommand keys;

    @Spec
    CommandSpec spec;

    private final Instance<KubernetesClient> kubernetes;

    SealKeyCommand(Instance<KubernetesClient> kubernetes) {
        this.kubernetes = kubernetes;
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "keys seal-key wants create");
    }

    @Command(
            name = "create",
            description = "Make a Kubernetes Secret with a key for OpenBao's static seal, unless it is there already.")
    int create(
            @Option(
                            names = "--secret",
                            paramLabel = "NAME",
                            required = true,
                            description = "the Secret; the key is its entry \"key\"")
                    String secret,
            @Option(
                            names = "--namespace",
                            paramLabel = "NAME",
                            description = "where it is (default: the namespace of the process)")
                    Optional<String> namespace) {
        KubernetesClient client = kubernetes.get();
        SealKey key =
                new SealKey(new Secrets(client, namespace.orElseGet(client::getNamespace)), secret, new SecureRandom());
        return keys.top.output().sealKey(key.description(), key.create()).number();
    }
}
