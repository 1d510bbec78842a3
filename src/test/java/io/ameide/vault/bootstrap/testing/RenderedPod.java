package io.ameide.vault.bootstrap.testing;

import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Running;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvFromSource;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarSource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A Pod whose one container is the packaged application: the same arguments, variables and files, in a local process.
 *
 * <p>A process has no mounts of its own. So each volume is a folder somewhere else, and where an argument or a variable is a
 * path below the mount, or a list of such, it names that folder instead. Besides, the API server's own address stands for
 * that of its service, {@code java.io.tmpdir} for {@code /tmp}, {@code jdk.net.hosts.file} for the cluster's DNS, and
 * variables of the Kubernetes client for the folder in which it looks for its token. Its init containers are commands that
 * this machine has too, and what they take out of their images the kubelet was told.
 */
public final class RenderedPod {

    private static final long INIT_SECONDS = 60;
    private static final String ACCOUNT_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount";

    private final Pod pod;
    private final Kubelet kubelet;
    private final Container container;
    /** Folders by the path that they are mounted at, the longest path first. */
    private final TreeMap<String, Path> mounts =
            new TreeMap<>(Comparator.comparingInt(String::length).reversed().thenComparing(Comparator.naturalOrder()));
    /** Folders by the volume that they stand for. */
    private final Map<String, Path> folders = new TreeMap<>();
    /** What the container may not write. */
    private final List<Path> readOnly = new ArrayList<>();

    private final Map<String, String> environment = new TreeMap<>();
    private final PackagedApplication application;

    /** @param pod as the API server has it */
    RenderedPod(KubernetesApi api, Pod pod, Kubelet kubelet) {
        this.pod = pod;
        this.kubelet = kubelet;
        understand(pod);
        container = pod.getSpec().getContainers().getFirst();
        Path folder = kubelet.folder(pod);
        try {
            Path home = Files.createDirectories(folder.resolve("home"));
            readOnly.add(home);
            PodVolumes volumes = new PodVolumes(api, pod);
            for (Volume volume : pod.getSpec().getVolumes()) {
                mount(volume, volumes);
            }
            environment.put("HOME", home.toString());
            environment.put("HOSTNAME", pod.getMetadata().getName());
            environment.put("KUBERNETES_SERVICE_HOST", api.address().getHost());
            environment.put(
                    "KUBERNETES_SERVICE_PORT", Integer.toString(api.address().getPort()));
            environment.putAll(account());
            environment.putAll(variables(volumes));
            environment.putAll(kubelet.injected());
            Path names = Files.writeString(
                    folder.resolve("hosts"),
                    kubelet.names().entrySet().stream()
                            .map(name -> "%s %s\n".formatted(name.getValue(), name.getKey()))
                            .collect(Collectors.joining()));
            application = PackagedApplication.with(folder, environment)
                    .withProperty("jdk.net.hosts.file", names.toString())
                    .withProperty("java.io.tmpdir", translated("/tmp"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void understand(Pod pod) {
        Understood.fields(
                "Pod",
                pod.getSpec(),
                Set.of(
                        "containers",
                        "initContainers",
                        "serviceAccount",
                        "serviceAccountName",
                        "volumes",
                        // Nothing ends a process early here; ShutdownTest looks at it.
                        "terminationGracePeriodSeconds",
                        // Where it may run, and who it is to the system it runs on.
                        "affinity",
                        "dnsPolicy",
                        "imagePullSecrets",
                        "nodeSelector",
                        "preemptionPolicy",
                        "priority",
                        "priorityClassName",
                        "runtimeClassName",
                        "schedulerName",
                        "securityContext",
                        "tolerations",
                        "topologySpreadConstraints"),
                Map.of(
                        // The token is in a volume of the template's own.
                        "automountServiceAccountToken", "false",
                        "enableServiceLinks", "false",
                        "restartPolicy", "Never"));
        assertThat(pod.getSpec().getContainers())
                .as("containers, of which a process can be one")
                .hasSize(1);
        Container container = pod.getSpec().getContainers().getFirst();
        Understood.fields(
                "container",
                container,
                Set.of(
                        "name",
                        "image",
                        "imagePullPolicy",
                        "args",
                        "env",
                        "envFrom",
                        "volumeMounts",
                        "resources",
                        "securityContext",
                        "terminationMessagePath",
                        "terminationMessagePolicy"),
                Map.of());
        understandFiles(container);
        for (Container early : pod.getSpec().getInitContainers()) {
            Understood.fields(
                    "init container",
                    early,
                    Set.of(
                            "name",
                            "image",
                            "imagePullPolicy",
                            "command",
                            "volumeMounts",
                            "resources",
                            "securityContext",
                            "terminationMessagePath",
                            "terminationMessagePolicy"),
                    Map.of());
            understandFiles(early);
            for (VolumeMount mount : early.getVolumeMounts()) {
                Understood.fields("mount", mount, Set.of("name", "mountPath"));
            }
        }
    }

    private static void understandFiles(Container container) {
        assertThat(container.getSecurityContext().getReadOnlyRootFilesystem())
                .as("whether the container's own file system can be written, which a process has none of")
                .isTrue();
    }

    private void mount(Volume volume, PodVolumes volumes) {
        Understood.fields(
                "volume",
                volume,
                Set.of("name", "configMap", "emptyDir", "persistentVolumeClaim", "projected", "secret"));
        Path folder = volume.getPersistentVolumeClaim() == null
                ? kubelet.folder(pod).resolve("volumes").resolve(volume.getName())
                : kubelet.claim(
                        pod.getMetadata().getNamespace(),
                        volume.getPersistentVolumeClaim().getClaimName());
        volumes.fill(folder, volume);
        folders.put(volume.getName(), folder);
        for (VolumeMount mount : container.getVolumeMounts()) {
            Understood.fields("mount", mount, Set.of("name", "mountPath", "readOnly"));
            if (mount.getName().equals(volume.getName())) {
                mounts.put(mount.getMountPath(), folder);
                boolean writable = volume.getEmptyDir() != null || volume.getPersistentVolumeClaim() != null;
                if (!writable || Boolean.TRUE.equals(mount.getReadOnly())) {
                    readOnly.add(folder);
                }
            }
        }
    }

    /** Nothing where the Pod has no such folder, as a client in it would find nothing. */
    private Map<String, String> account() {
        Path folder = mounts.get(ACCOUNT_FOLDER);
        return folder == null
                ? Map.of()
                : Map.of(
                        "KUBERNETES_AUTH_SERVICEACCOUNT_TOKEN",
                        folder.resolve("token").toString(),
                        "KUBERNETES_CERTS_CA_FILE",
                        folder.resolve("ca.crt").toString(),
                        "KUBENAMESPACE",
                        folder.resolve("namespace").toString());
    }

    private Map<String, String> variables(PodVolumes volumes) {
        Map<String, String> variables = new LinkedHashMap<>();
        for (EnvFromSource source : container.getEnvFrom()) {
            Understood.fields("envFrom", source, Set.of("configMapRef", "secretRef"));
            Map<String, byte[]> entries = source.getConfigMapRef() != null
                    ? volumes.configMap(
                            source.getConfigMapRef().getName(),
                            source.getConfigMapRef().getOptional())
                    : volumes.secret(
                            source.getSecretRef().getName(),
                            source.getSecretRef().getOptional());
            entries.forEach((name, value) -> variables.put(name, translated(text(value))));
        }
        for (EnvVar variable : container.getEnv()) {
            Understood.fields("variable", variable, Set.of("name", "value", "valueFrom"));
            Optional<String> value = variable.getValueFrom() == null
                    ? Optional.of(Optional.ofNullable(variable.getValue()).orElse(""))
                    : value(variable.getValueFrom(), volumes);
            value.ifPresent(present -> variables.put(variable.getName(), translated(present)));
        }
        return variables;
    }

    /** Empty where it is optional and not there. */
    private static Optional<String> value(EnvVarSource source, PodVolumes volumes) {
        Understood.fields("variable", source, Set.of("fieldRef", "configMapKeyRef", "secretKeyRef"));
        if (source.getFieldRef() != null) {
            return Optional.of(volumes.field(source.getFieldRef().getFieldPath()));
        }
        boolean secret = source.getSecretKeyRef() != null;
        String name = secret
                ? source.getSecretKeyRef().getName()
                : source.getConfigMapKeyRef().getName();
        String key = secret
                ? source.getSecretKeyRef().getKey()
                : source.getConfigMapKeyRef().getKey();
        Boolean optional = secret
                ? source.getSecretKeyRef().getOptional()
                : source.getConfigMapKeyRef().getOptional();
        Optional<String> value = Optional.ofNullable(
                        (secret ? volumes.secret(name, optional) : volumes.configMap(name, optional)).get(key))
                .map(RenderedPod::text);
        assertThat(value.isPresent() || Boolean.TRUE.equals(optional))
                .as("a Pod would wait for the entry %s of %s", key, name)
                .isTrue();
        return value;
    }

    private void initialize() {
        for (Container early : pod.getSpec().getInitContainers()) {
            Map<String, Path> places = new TreeMap<>(mounts.comparator());
            places.putAll(kubelet.filesOfImages());
            early.getVolumeMounts().forEach(mount -> places.put(mount.getMountPath(), folders.get(mount.getName())));
            List<String> command = early.getCommand().stream()
                    .map(word -> translated(word, places))
                    .toList();
            runToTheEnd(early, command);
        }
    }

    private void runToTheEnd(Container early, List<String> command) {
        try {
            Path said = Files.createTempFile(kubelet.folder(pod), "init-", ".log");
            ProcessBuilder builder =
                    new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile());
            builder.environment().keySet().retainAll(Set.of("PATH"));
            Process process = builder.start();
            boolean ended = process.waitFor(INIT_SECONDS, TimeUnit.SECONDS);
            process.destroyForcibly();
            assertThat(ended && process.waitFor() == 0)
                    .as("%s, which was %s, ends well: %s", early.getCommand(), command, Files.readString(said))
                    .isTrue();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    private String translated(String text) {
        return translated(text, mounts);
    }

    /** With what stands for places in a container in the place of paths to them, or below them. */
    private static String translated(String text, Map<String, Path> places) {
        assertThat(text)
                .as("text without references to variables, which a kubelet resolves")
                .doesNotContain("$(");
        if (places.isEmpty()) {
            return text;
        }
        // All at once, so that what was put in is not taken for a path again.
        Pattern path = Pattern.compile(places.keySet().stream()
                .map(Pattern::quote)
                .collect(Collectors.joining("|", "(?<=^|[,=])(?:", ")(?=$|[/,])")));
        return path.matcher(text)
                .replaceAll(found ->
                        Matcher.quoteReplacement(places.get(found.group()).toString()));
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    Map<String, String> environment() {
        return Map.copyOf(environment);
    }

    /** Runs to the end. */
    public Result run() {
        return start().await();
    }

    /** A run that goes on. */
    public Run start() {
        initialize();
        Map<Path, String> before = contents();
        Running process = application.start(
                container.getArgs().stream().map(this::translated).toArray(String[]::new));
        return new Run(process, before);
    }

    private Map<Path, String> contents() {
        Map<Path, String> contents = new TreeMap<>();
        for (Path folder : readOnly) {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.toList()) {
                    contents.put(file, Files.getLastModifiedTime(file).toString());
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return contents;
    }

    /** A process at work. */
    public final class Run {

        private final Running process;
        private final Map<Path, String> before;

        private Run(Running process, Map<Path, String> before) {
            this.process = process;
            this.before = before;
        }

        public long pid() {
            return process.pid();
        }

        public String stderr() {
            return process.stderr();
        }

        /** Fails the test where something was written that a container could not have written. */
        public Result await() {
            Result result = process.await();
            assertThat(contents()).as("what the container may not write").isEqualTo(before);
            return result;
        }
    }
}
