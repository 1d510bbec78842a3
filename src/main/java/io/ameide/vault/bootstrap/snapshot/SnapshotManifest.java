package io.ameide.vault.bootstrap.snapshot;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.ameide.vault.bootstrap.snapshot.JsonDocument.MalformedException;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Comparator;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * What lies beside a stored archive as {@code ARCHIVE.json}: the proof that it was verified, and that it is ours to
 * delete.
 *
 * @param archive file name of the archive, without folder
 * @param sha256 of the archive, in lower-case hex
 * @param sizeBytes of the archive
 * @param index Raft log index up to which the snapshot holds everything
 * @param term Raft term of that index
 * @param takenAt when the snapshot was asked for
 * @param takenBy name and version of the tool
 */
public record SnapshotManifest(
        String archive,
        String sha256,
        long sizeBytes,
        long index,
        long term,
        String clusterId,
        String clusterName,
        String serverVersion,
        String sealType,
        Instant takenAt,
        String takenBy) {

    public static final String ARCHIVE_SUFFIX = ".snap";
    public static final String MANIFEST_SUFFIX = ".snap.json";

    /** By the time a snapshot was asked for: an index can fall back, when an older snapshot is restored. */
    public static final Comparator<SnapshotManifest> NEWEST_FIRST = Comparator.comparing(SnapshotManifest::takenAt)
            .thenComparing(SnapshotManifest::index)
            .thenComparing(SnapshotManifest::archive)
            .reversed();

    /** A plain file name that no shell, no listing and no object store takes for anything else. */
    private static final Pattern ARCHIVE_NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]*\\.snap");

    private static final int CLUSTER_NAME_LENGTH = 100;
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

    public SnapshotManifest {
        Objects.requireNonNull(clusterName);
        Objects.requireNonNull(serverVersion);
        Objects.requireNonNull(sealType);
        Objects.requireNonNull(takenAt);
        Objects.requireNonNull(takenBy);
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

    /** The manifest of an archive that is stored as {@code CLUSTERNAME-yyyyMMddTHHmmssZ-INDEX.snap}. */
    static SnapshotManifest of(VerifiedArchive archive, Provenance provenance) {
        return new SnapshotManifest(
                "%s-%s-%d%s"
                        .formatted(
                                fileNamePart(provenance.clusterName()),
                                TIME.format(provenance.takenAt()),
                                archive.index(),
                                ARCHIVE_SUFFIX),
                archive.sha256(),
                archive.sizeBytes(),
                archive.index(),
                archive.term(),
                provenance.clusterId(),
                provenance.clusterName(),
                provenance.serverVersion(),
                provenance.sealType(),
                provenance.takenAt(),
                provenance.takenBy());
    }

    private static String fileNamePart(String clusterName) {
        String plain = clusterName.replaceAll("[^A-Za-z0-9._-]", "-").replaceFirst("^[.-]+", "");
        String bounded = plain.substring(0, Math.min(plain.length(), CLUSTER_NAME_LENGTH));
        return bounded.isEmpty() ? "cluster" : bounded;
    }

    /** File name of the manifest itself. */
    public String fileName() {
        return fileNameFor(archive);
    }

    static String fileNameFor(String archive) {
        return archive + MANIFEST_SUFFIX.substring(ARCHIVE_SUFFIX.length());
    }

    /** UTF-8 JSON with a line break at its end. */
    public byte[] toJson() {
        String json = JsonNodeFactory.instance
                .objectNode()
                .put("archive", archive)
                .put("sha256", sha256)
                .put("size", sizeBytes)
                .put("index", index)
                .put("term", term)
                .put("clusterId", clusterId)
                .put("clusterName", clusterName)
                .put("serverVersion", serverVersion)
                .put("sealType", sealType)
                .put("takenAt", takenAt.toString())
                .put("takenBy", takenBy)
                .toPrettyString();
        return (json + "\n").getBytes(StandardCharsets.UTF_8);
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
                    document.count("index"),
                    document.count("term"),
                    document.text("clusterId"),
                    document.text("clusterName"),
                    document.text("serverVersion"),
                    document.text("sealType"),
                    Instant.parse(document.text("takenAt")),
                    document.text("takenBy"));
        } catch (DateTimeParseException e) {
            throw invalid(file, "has something else than a time as takenAt", e);
        } catch (MalformedException | IllegalArgumentException e) {
            throw invalid(file, e.getMessage(), e);
        }
    }

    private static ProblemException invalid(String file, String flaw, Exception cause) {
        return new ProblemException(
                Problem.error(
                        "snapshot manifest %s %s".formatted(file, flaw),
                        "verify the archive beside it before you rely on it"),
                cause);
    }
}
