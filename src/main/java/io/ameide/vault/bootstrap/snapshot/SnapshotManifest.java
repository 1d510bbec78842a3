package io.ameide.vault.bootstrap.snapshot;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ameide.vault.bootstrap.snapshot.JsonDocument.MalformedException;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What lies beside a stored archive as {@code ARCHIVE.json}: the proof that it was verified, and that it is ours to
 * delete.
 *
 * @param archive name of the archive, without folder or prefix
 * @param sha256 of the archive as it is stored, in lower-case hex
 * @param sizeBytes of the archive as it is stored
 * @param stateSizeBytes of what it holds, unpacked
 * @param index Raft log index up to which the snapshot holds everything
 * @param term Raft term of that index
 * @param custody {@link Provenance#custody}
 * @param takenAt when the snapshot was asked for
 * @param takenBy name and version of the tool
 * @param encryption present where the archive is stored encrypted by this tool
 * @param entries {@link VerifiedArchive#entries}
 * @param canary {@link Canary.Value#count} of what was written right before; empty in manifests of earlier releases
 * @param flags why it should be looked at, in words; empty for one that is as expected
 */
public record SnapshotManifest(
        String archive,
        String sha256,
        long sizeBytes,
        long stateSizeBytes,
        long index,
        long term,
        String clusterId,
        String clusterName,
        String serverKind,
        String serverVersion,
        String sealType,
        Optional<String> custody,
        Instant takenAt,
        String takenBy,
        Optional<Encryption> encryption,
        SortedMap<String, Long> entries,
        Optional<Long> canary,
        List<String> flags) {

    /**
     * How an archive is stored that is not as the server sent it.
     *
     * @param recipients fingerprints of the OpenPGP keys that it is encrypted to
     * @param sha256 of the archive inside, in lower-case hex
     * @param sizeBytes of the archive inside
     */
    public record Encryption(List<String> recipients, String sha256, long sizeBytes) {

        public Encryption {
            recipients = List.copyOf(recipients);
            if (!Sha256.isHex(sha256)) {
                throw new IllegalArgumentException("has something else than a SHA-256 as encryption.sha256");
            }
        }
    }

    public static final String ARCHIVE_SUFFIX = ".snap";
    public static final String ENCRYPTED_SUFFIX = ".snap.pgp";
    public static final String MANIFEST_SUFFIX = ".json";

    /** By the time a snapshot was asked for: an index can fall back, when an older snapshot is restored. */
    public static final Comparator<SnapshotManifest> NEWEST_FIRST = Comparator.comparing(SnapshotManifest::takenAt)
            .thenComparing(SnapshotManifest::index)
            .thenComparing(SnapshotManifest::archive)
            .reversed();

    /** A plain file name that no shell, no listing and no object store takes for anything else. */
    private static final Pattern ARCHIVE_NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]*\\.snap(\\.pgp)?");

    private static final Pattern TAKEN_AT = Pattern.compile("-([0-9]{8}T[0-9]{6}Z)-[0-9]+\\.snap(\\.pgp)?(\\.json)?$");

    private static final int CLUSTER_NAME_LENGTH = 100;
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

    public SnapshotManifest {
        Objects.requireNonNull(clusterName);
        Objects.requireNonNull(serverKind);
        Objects.requireNonNull(serverVersion);
        Objects.requireNonNull(sealType);
        Objects.requireNonNull(takenAt);
        Objects.requireNonNull(custody);
        Objects.requireNonNull(takenBy);
        Objects.requireNonNull(encryption);
        Objects.requireNonNull(canary);
        entries = Collections.unmodifiableSortedMap(new TreeMap<>(entries));
        flags = List.copyOf(flags);
        if (!ARCHIVE_NAME.matcher(archive).matches()) {
            throw new IllegalArgumentException("has no file name of a snapshot as archive");
        }
        if (!Sha256.isHex(sha256)) {
            throw new IllegalArgumentException("has something else than a SHA-256 as sha256");
        }
        if (clusterId.isEmpty()) {
            throw new IllegalArgumentException("has an empty clusterId");
        }
    }

    /**
     * The manifest of an archive that is stored as {@code CLUSTERNAME-yyyyMMddTHHmmssZ-INDEX.snap}, with {@code .pgp} behind
     * it where it is encrypted.
     *
     * @param stored the file that is stored
     * @param recipients fingerprints of the keys it is encrypted to; empty where it is the archive itself
     */
    static SnapshotManifest of(
            VerifiedArchive archive, LocalFile stored, List<String> recipients, Provenance provenance) {
        return new SnapshotManifest(
                "%s-%s-%d%s"
                        .formatted(
                                fileNamePart(provenance.clusterName()),
                                TIME.format(provenance.takenAt()),
                                archive.index(),
                                recipients.isEmpty() ? ARCHIVE_SUFFIX : ENCRYPTED_SUFFIX),
                stored.sha256(),
                stored.sizeBytes(),
                archive.stateSizeBytes(),
                archive.index(),
                archive.term(),
                provenance.clusterId(),
                provenance.clusterName(),
                provenance.serverKind(),
                provenance.serverVersion(),
                provenance.sealType(),
                provenance.custody(),
                provenance.takenAt(),
                provenance.takenBy(),
                recipients.isEmpty()
                        ? Optional.empty()
                        : Optional.of(new Encryption(recipients, archive.sha256(), archive.sizeBytes())),
                archive.entries(),
                Optional.of(provenance.canary()),
                List.of());
    }

    SnapshotManifest flagged(List<String> reasons) {
        return new SnapshotManifest(
                archive,
                sha256,
                sizeBytes,
                stateSizeBytes,
                index,
                term,
                clusterId,
                clusterName,
                serverKind,
                serverVersion,
                sealType,
                custody,
                takenAt,
                takenBy,
                encryption,
                entries,
                canary,
                reasons);
    }

    private static String fileNamePart(String clusterName) {
        String plain = clusterName.replaceAll("[^A-Za-z0-9._-]", "-").replaceFirst("^[.-]+", "");
        String bounded = plain.substring(0, Math.min(plain.length(), CLUSTER_NAME_LENGTH));
        return bounded.isEmpty() ? "cluster" : bounded;
    }

    /** Name of the manifest itself. */
    public String fileName() {
        return fileNameFor(archive);
    }

    static String fileNameFor(String archive) {
        return archive + MANIFEST_SUFFIX;
    }

    static boolean isArchiveName(String name) {
        return name.endsWith(ARCHIVE_SUFFIX) || name.endsWith(ENCRYPTED_SUFFIX);
    }

    static boolean isManifestName(String name) {
        return name.endsWith(MANIFEST_SUFFIX)
                && isArchiveName(name.substring(0, name.length() - MANIFEST_SUFFIX.length()));
    }

    /** When the snapshot of that name was asked for, to the second, as far as the name tells. */
    static Optional<Instant> timeIn(String name) {
        Matcher matcher = TAKEN_AT.matcher(name);
        try {
            return matcher.find() ? Optional.of(TIME.parse(matcher.group(1), Instant::from)) : Optional.empty();
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }

    /** The same, of an archive that is named as one of a cluster of that name. */
    static Optional<Instant> timeIn(String archive, String clusterName) {
        String cluster = fileNamePart(clusterName);
        return archive.startsWith(cluster)
                        && isArchiveName(archive)
                        && TAKEN_AT.matcher(archive.substring(cluster.length())).lookingAt()
                ? timeIn(archive)
                : Optional.empty();
    }

    /** UTF-8 JSON with a line break at its end. */
    public byte[] toJson() {
        ObjectNode json = JsonNodeFactory.instance
                .objectNode()
                .put("archive", archive)
                .put("sha256", sha256)
                .put("size", sizeBytes)
                .put("stateSize", stateSizeBytes)
                .put("index", index)
                .put("term", term)
                .put("clusterId", clusterId)
                .put("clusterName", clusterName)
                .put("serverKind", serverKind)
                .put("serverVersion", serverVersion)
                .put("sealType", sealType);
        custody.ifPresent(fingerprint -> json.put("custody", fingerprint));
        json.put("takenAt", takenAt.toString()).put("takenBy", takenBy);
        encryption.ifPresent(how -> {
            ObjectNode node = json.putObject("encryption");
            how.recipients().forEach(node.putArray("recipients")::add);
            node.put("sha256", how.sha256()).put("size", how.sizeBytes());
        });
        if (!entries.isEmpty()) {
            entries.forEach(json.putObject("entries")::put);
        }
        canary.ifPresent(count -> json.put("canary", count));
        if (!flags.isEmpty()) {
            flags.forEach(json.putArray("flags")::add);
        }
        return (json.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Reads a manifest; fields of later versions are ignored.
     *
     * @param file what messages call the manifest
     * @throws ProblemException of kind {@code ERROR} if it is not JSON, or a field is missing or cannot be what it says
     */
    public static SnapshotManifest parse(String file, byte[] json) {
        try {
            JsonDocument document = JsonDocument.parse(json);
            return new SnapshotManifest(
                    document.text("archive"),
                    document.text("sha256"),
                    document.count("size"),
                    document.count("stateSize"),
                    document.count("index"),
                    document.count("term"),
                    document.text("clusterId"),
                    document.text("clusterName"),
                    document.text("serverKind"),
                    document.text("serverVersion"),
                    document.text("sealType"),
                    document.has("custody") ? Optional.of(document.text("custody")) : Optional.empty(),
                    Instant.parse(document.text("takenAt")),
                    document.text("takenBy"),
                    document.has("encryption") ? Optional.of(encryption(document)) : Optional.empty(),
                    document.has("entries") ? document.counts("entries") : new TreeMap<>(),
                    document.has("canary") ? Optional.of(document.count("canary")) : Optional.empty(),
                    document.has("flags") ? document.texts("flags") : List.of());
        } catch (DateTimeParseException e) {
            throw invalid(file, "has something else than a time as takenAt", e);
        } catch (MalformedException | IllegalArgumentException e) {
            throw invalid(file, e.getMessage(), e);
        }
    }

    private static Encryption encryption(JsonDocument document) throws MalformedException {
        JsonDocument how = document.object("encryption");
        return new Encryption(how.texts("recipients"), how.text("sha256"), how.count("size"));
    }

    private static ProblemException invalid(String file, String flaw, Exception cause) {
        return new ProblemException(
                Problem.error(
                        "snapshot manifest %s %s".formatted(file, flaw),
                        "verify the archive beside it before you rely on it"),
                cause);
    }
}
