package io.ameide.vault.bootstrap.testing;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapProjection;
import io.fabric8.kubernetes.api.model.ConfigMapVolumeSource;
import io.fabric8.kubernetes.api.model.DownwardAPIProjection;
import io.fabric8.kubernetes.api.model.DownwardAPIVolumeFile;
import io.fabric8.kubernetes.api.model.KeyToPath;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimVolumeSource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretProjection;
import io.fabric8.kubernetes.api.model.SecretVolumeSource;
import io.fabric8.kubernetes.api.model.ServiceAccountTokenProjection;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeProjection;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Base64;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** What is in the volumes and the variables of one Pod that come from other objects of the API. */
final class PodVolumes {

    private static final long TOKEN_SECONDS = 3600;
    private static final PosixFilePermission[] BITS = {
        PosixFilePermission.OTHERS_EXECUTE, PosixFilePermission.OTHERS_WRITE, PosixFilePermission.OTHERS_READ,
        PosixFilePermission.GROUP_EXECUTE, PosixFilePermission.GROUP_WRITE, PosixFilePermission.GROUP_READ,
        PosixFilePermission.OWNER_EXECUTE, PosixFilePermission.OWNER_WRITE, PosixFilePermission.OWNER_READ
    };

    private final KubernetesApi api;
    private final Pod pod;

    private record Content(byte[] bytes, int mode) {}

    PodVolumes(KubernetesApi api, Pod pod) {
        this.api = api;
        this.pod = pod;
    }

    /** @param folder not there yet, but that of a claim */
    void fill(Path folder, Volume volume) {
        try {
            Files.createDirectories(folder);
            if (volume.getEmptyDir() != null) {
                Understood.fields("volume", volume.getEmptyDir(), Set.of());
            } else if (volume.getPersistentVolumeClaim() != null) {
                requireClaim(volume.getPersistentVolumeClaim());
            } else {
                publish(folder, contents(volume));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void requireClaim(PersistentVolumeClaimVolumeSource source) {
        Understood.fields("volume", source, Set.of("claimName"));
        Object claim = api.admin()
                .persistentVolumeClaims()
                .inNamespace(pod.getMetadata().getNamespace())
                .withName(source.getClaimName())
                .get();
        isThere(claim, "PersistentVolumeClaim", source.getClaimName(), false);
    }

    private Map<String, Content> contents(Volume volume) {
        if (volume.getConfigMap() != null) {
            ConfigMapVolumeSource source = volume.getConfigMap();
            Understood.fields("volume", source, Set.of("name", "items", "optional", "defaultMode"));
            return picked(
                    configMap(source.getName(), source.getOptional()),
                    source.getItems(),
                    source.getOptional(),
                    source.getDefaultMode());
        }
        if (volume.getSecret() != null) {
            SecretVolumeSource source = volume.getSecret();
            Understood.fields("volume", source, Set.of("secretName", "items", "optional", "defaultMode"));
            return picked(
                    secret(source.getSecretName(), source.getOptional()),
                    source.getItems(),
                    source.getOptional(),
                    source.getDefaultMode());
        }
        Understood.fields("volume", volume.getProjected(), Set.of("sources", "defaultMode"));
        Map<String, Content> all = new TreeMap<>();
        for (VolumeProjection source : volume.getProjected().getSources()) {
            projected(source, volume.getProjected().getDefaultMode()).forEach((path, content) -> {
                if (all.put(path, content) != null) {
                    throw new AssertionError("%s is in two sources of volume %s".formatted(path, volume.getName()));
                }
            });
        }
        return all;
    }

    private Map<String, Content> projected(VolumeProjection projection, int mode) {
        Understood.fields("source", projection, Set.of("configMap", "secret", "serviceAccountToken", "downwardAPI"));
        Set<String> picking = Set.of("name", "items", "optional");
        if (projection.getConfigMap() != null) {
            ConfigMapProjection source = projection.getConfigMap();
            Understood.fields("source", source, picking);
            return picked(
                    configMap(source.getName(), source.getOptional()), source.getItems(), source.getOptional(), mode);
        }
        if (projection.getSecret() != null) {
            SecretProjection source = projection.getSecret();
            Understood.fields("source", source, picking);
            return picked(
                    secret(source.getName(), source.getOptional()), source.getItems(), source.getOptional(), mode);
        }
        if (projection.getServiceAccountToken() != null) {
            ServiceAccountTokenProjection source = projection.getServiceAccountToken();
            Understood.fields("source", source, Set.of("path", "audience", "expirationSeconds"));
            return Map.of(source.getPath(), new Content(token(source), mode));
        }
        return fields(projection.getDownwardAPI(), mode);
    }

    private Map<String, Content> fields(DownwardAPIProjection source, int mode) {
        Understood.fields("source", source, Set.of("items"));
        Map<String, Content> contents = new TreeMap<>();
        for (DownwardAPIVolumeFile item : source.getItems()) {
            Understood.fields("file", item, Set.of("path", "fieldRef"));
            contents.put(
                    item.getPath(), new Content(bytes(field(item.getFieldRef().getFieldPath())), mode));
        }
        return contents;
    }

    /** Bound to the Pod, as the kubelet asks for it. */
    private byte[] token(ServiceAccountTokenProjection source) {
        var request = new TokenRequestBuilder()
                .withNewSpec()
                .withAudiences(
                        Optional.ofNullable(source.getAudience()).stream().toList())
                .withExpirationSeconds(
                        Optional.ofNullable(source.getExpirationSeconds()).orElse(TOKEN_SECONDS))
                .withNewBoundObjectRef()
                .withApiVersion("v1")
                .withKind("Pod")
                .withName(pod.getMetadata().getName())
                .withUid(pod.getMetadata().getUid())
                .endBoundObjectRef()
                .endSpec()
                .build();
        return bytes(api.admin()
                .serviceAccounts()
                .inNamespace(pod.getMetadata().getNamespace())
                .withName(pod.getSpec().getServiceAccountName())
                .tokenRequest(request)
                .getStatus()
                .getToken());
    }

    /** What a field of the Pod says, by its path. */
    String field(String path) {
        return switch (path) {
            case "metadata.name" -> pod.getMetadata().getName();
            case "metadata.namespace" -> pod.getMetadata().getNamespace();
            case "metadata.uid" -> pod.getMetadata().getUid();
            case "spec.serviceAccountName" -> pod.getSpec().getServiceAccountName();
            default -> throw new AssertionError("no process knows the field " + path + " of its Pod");
        };
    }

    /** Its entries; none where it is optional and not there. */
    Map<String, byte[]> configMap(String name, Boolean optional) {
        ConfigMap configMap = api.admin()
                .configMaps()
                .inNamespace(pod.getMetadata().getNamespace())
                .withName(name)
                .get();
        Map<String, byte[]> entries = new TreeMap<>();
        if (isThere(configMap, "ConfigMap", name, optional)) {
            text(configMap.getData()).forEach((key, value) -> entries.put(key, bytes(value)));
            text(configMap.getBinaryData())
                    .forEach(
                            (key, value) -> entries.put(key, Base64.getDecoder().decode(value)));
        }
        return entries;
    }

    /** Its entries; none where it is optional and not there. */
    Map<String, byte[]> secret(String name, Boolean optional) {
        Secret secret = api.admin()
                .secrets()
                .inNamespace(pod.getMetadata().getNamespace())
                .withName(name)
                .get();
        Map<String, byte[]> entries = new TreeMap<>();
        if (isThere(secret, "Secret", name, optional)) {
            text(secret.getData())
                    .forEach(
                            (key, value) -> entries.put(key, Base64.getDecoder().decode(value)));
        }
        return entries;
    }

    private static Map<String, String> text(Map<String, String> entries) {
        return Optional.ofNullable(entries).orElse(Map.of());
    }

    private static boolean isThere(Object object, String kind, String name, Boolean optional) {
        if (object == null && !Boolean.TRUE.equals(optional)) {
            throw new AssertionError("a Pod would wait for %s %s, which is not there".formatted(kind, name));
        }
        return object != null;
    }

    private static Map<String, Content> picked(
            Map<String, byte[]> entries, List<KeyToPath> items, Boolean optional, int mode) {
        Map<String, Content> contents = new TreeMap<>();
        if (items.isEmpty()) {
            entries.forEach((key, value) -> contents.put(key, new Content(value, mode)));
        }
        for (KeyToPath item : items) {
            byte[] value = entries.get(item.getKey());
            if (value != null) {
                contents.put(
                        item.getPath(),
                        new Content(value, Optional.ofNullable(item.getMode()).orElse(mode)));
            } else if (!Boolean.TRUE.equals(optional)) {
                throw new AssertionError(
                        "a Pod would wait for the entry %s, which is not there".formatted(item.getKey()));
            }
        }
        return contents;
    }

    /**
     * As the kubelet does it (its package {@code volume/util}, AtomicWriter): the files are in a folder with the time in its
     * name, and what is seen are links that lead there over another link, which is all that an update replaces.
     */
    private static void publish(Path folder, Map<String, Content> contents) throws IOException {
        Path version = Files.createDirectory(folder.resolve("..2026_01_01_00_00_00.1"));
        Path current = Files.createSymbolicLink(folder.resolve("..data"), version.getFileName());
        for (Map.Entry<String, Content> entry : contents.entrySet()) {
            Path file = version.resolve(entry.getKey());
            Files.createDirectories(file.getParent());
            Files.write(file, entry.getValue().bytes());
            Files.setPosixFilePermissions(file, permissions(entry.getValue().mode()));
            Path seen = folder.resolve(Path.of(entry.getKey()).getName(0));
            if (!Files.exists(seen)) {
                Files.createSymbolicLink(seen, current.getFileName().resolve(seen.getFileName()));
            }
        }
    }

    private static Set<PosixFilePermission> permissions(int mode) {
        Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
        for (int bit = 0; bit < BITS.length; bit++) {
            if ((mode >> bit & 1) == 1) {
                permissions.add(BITS[bit]);
            }
        }
        return permissions;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
