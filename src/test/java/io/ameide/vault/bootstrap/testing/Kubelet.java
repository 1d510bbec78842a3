package io.ameide.vault.bootstrap.testing;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.CronJob;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Stands for the controller, the kubelet and the DNS that a test's API server does not have: makes the Pods of workloads and
 * runs them as processes of the packaged application. What a workload says that would be lost here fails the test.
 */
public final class Kubelet {

    private final KubernetesApi api;
    private final Path folder;
    private final Map<String, String> names;
    private final Map<String, String> injected;
    private final Map<String, Path> filesOfImages;

    private Kubelet(
            KubernetesApi api,
            Path folder,
            Map<String, String> names,
            Map<String, String> injected,
            Map<String, Path> filesOfImages) {
        this.api = api;
        this.folder = folder;
        this.names = names;
        this.injected = injected;
        this.filesOfImages = filesOfImages;
    }

    /** @param folder where volumes are, those of claims for all Pods that come */
    public static Kubelet on(KubernetesApi api, Path folder) {
        return new Kubelet(api, folder, Map.of("localhost", "127.0.0.1"), Map.of(), Map.of());
    }

    /** Pods know a name that services would give, and no name that nobody gave. */
    public Kubelet resolving(String name, String address) {
        return new Kubelet(api, folder, with(names, name, address), injected, filesOfImages);
    }

    /** Pods have a variable that an admission webhook would add. */
    public Kubelet injecting(String variable, String value) {
        return new Kubelet(api, folder, names, with(injected, variable, value), filesOfImages);
    }

    /** Images of init containers hold a file that is elsewhere on this machine. */
    public Kubelet holding(String fileOfImage, Path file) {
        return new Kubelet(api, folder, names, injected, with(filesOfImages, fileOfImage, file));
    }

    /**
     * Makes a Pod of a workload: of a CronJob by a new Job, as {@code kubectl create job --from} does.
     *
     * @param workload a CronJob, a Job or a Pod
     */
    public RenderedPod pod(HasMetadata workload) {
        Pod pod = switch (workload) {
            case CronJob cronJob -> pod(job(cronJob));
            case Job job -> pod(job);
            case Pod alone -> alone;
            default -> throw new AssertionError("no Pod comes of a " + workload.getKind());
        };
        return new RenderedPod(api, api.admin().resource(pod).create(), this);
    }

    private Job job(CronJob cronJob) {
        ObjectMeta metadata = Optional.ofNullable(
                        cronJob.getSpec().getJobTemplate().getMetadata())
                .orElseGet(ObjectMeta::new);
        return api.admin()
                .resource(new JobBuilder()
                        .withMetadata(metadata)
                        .editMetadata()
                        .withGenerateName(cronJob.getMetadata().getName() + "-now-")
                        .withNamespace(cronJob.getMetadata().getNamespace())
                        .addToAnnotations("cronjob.kubernetes.io/instantiate", "manual")
                        .endMetadata()
                        .withSpec(cronJob.getSpec().getJobTemplate().getSpec())
                        .build())
                .create();
    }

    private static Pod pod(Job job) {
        Understood.fields(
                "Job",
                job.getSpec(),
                Set.of("template", "backoffLimit", "activeDeadlineSeconds", "ttlSecondsAfterFinished", "selector"),
                Map.of(
                        "completionMode", "NonIndexed",
                        "completions", "1",
                        "manualSelector", "false",
                        "parallelism", "1",
                        "podReplacementPolicy", "TerminatingOrFailed",
                        "suspend", "false"));
        return new PodBuilder()
                .withMetadata(job.getSpec().getTemplate().getMetadata())
                .editMetadata()
                .withGenerateName(job.getMetadata().getName() + "-")
                .withNamespace(job.getMetadata().getNamespace())
                .endMetadata()
                .withSpec(job.getSpec().getTemplate().getSpec())
                .build();
    }

    /** Where that PersistentVolumeClaim keeps what Pods write. */
    public Path claim(String namespace, String name) {
        return folder.resolve("claims").resolve(namespace).resolve(name);
    }

    /** A folder for one Pod. */
    Path folder(Pod pod) {
        return folder.resolve("pods")
                .resolve(pod.getMetadata().getNamespace())
                .resolve(pod.getMetadata().getName());
    }

    Map<String, String> names() {
        return names;
    }

    Map<String, String> injected() {
        return injected;
    }

    Map<String, Path> filesOfImages() {
        return filesOfImages;
    }

    private static <V> Map<String, V> with(Map<String, V> map, String key, V value) {
        Map<String, V> more = new LinkedHashMap<>(map);
        more.put(key, value);
        return more;
    }
}
