package io.ameide.vault.bootstrap.snapshot;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.IsoFields;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Which snapshots of one cluster stay: the newest, and the newest one of each of the last days, weeks and months that have
 * any, in UTC and with weeks as ISO 8601 counts them. One snapshot may count for several of these.
 *
 * @param newest how many of the newest, at least 1
 */
public record Retention(int newest, int daily, int weekly, int monthly) {

    public Retention {
        if (newest < 1) {
            throw new IllegalArgumentException("at least one snapshot is kept");
        }
        if (daily < 0 || weekly < 0 || monthly < 0) {
            throw new IllegalArgumentException("a number of snapshots is not negative");
        }
    }

    /** The newest ones only. */
    public Retention(int newest) {
        this(newest, 0, 0, 0);
    }

    /**
     * The snapshots of that cluster that need not stay, newest first; those of other clusters neither count nor go, and
     * neither do those whose time has yet to come. The newest one that is not flagged always stays.
     */
    public List<SnapshotManifest> expired(Collection<SnapshotManifest> snapshots, String clusterId, Instant now) {
        List<SnapshotManifest> ours = of(snapshots, clusterId, now);
        Set<SnapshotManifest> kept = new HashSet<>(ours.subList(0, Math.min(newest, ours.size())));
        kept.addAll(lastOfEach(daily, ours, time -> time.toLocalDate()));
        kept.addAll(lastOfEach(
                weekly,
                ours,
                time -> List.of(time.get(IsoFields.WEEK_BASED_YEAR), time.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR))));
        kept.addAll(lastOfEach(monthly, ours, time -> List.of(time.getYear(), time.getMonthValue())));
        newestUnflagged(ours, clusterId, now).ifPresent(kept::add);
        return ours.stream().filter(snapshot -> !kept.contains(snapshot)).toList();
    }

    /** The one of that cluster to fall back on. */
    Optional<SnapshotManifest> newestUnflagged(Collection<SnapshotManifest> snapshots, String clusterId, Instant now) {
        return of(snapshots, clusterId, now).stream()
                .filter(snapshot -> snapshot.flags().isEmpty())
                .findFirst();
    }

    /**
     * Those that are a reason to delete nothing for now: flagged, and among the newest of that cluster. What was there
     * before something went wrong must not be rotated out before somebody had the time to look.
     */
    public List<SnapshotManifest> suspects(Collection<SnapshotManifest> snapshots, String clusterId, Instant now) {
        return of(snapshots, clusterId, now).stream()
                .limit(newest)
                .filter(snapshot -> !snapshot.flags().isEmpty())
                .toList();
    }

    /**
     * A clock that is wrong stamps what would be the newest for as long as it was ahead: as many of these as are kept, and
     * each new one would go at once.
     */
    private static List<SnapshotManifest> of(Collection<SnapshotManifest> snapshots, String clusterId, Instant now) {
        return snapshots.stream()
                .filter(snapshot -> snapshot.clusterId().equals(clusterId))
                .filter(snapshot -> !snapshot.takenAt().isAfter(now))
                .sorted(SnapshotManifest.NEWEST_FIRST)
                .toList();
    }

    private static <T> Set<SnapshotManifest> lastOfEach(
            int periods, List<SnapshotManifest> newestFirst, Function<ZonedDateTime, T> period) {
        Set<SnapshotManifest> last = new LinkedHashSet<>();
        Set<T> seen = new HashSet<>();
        for (SnapshotManifest snapshot : newestFirst) {
            if (seen.size() == periods) {
                break;
            }
            if (seen.add(period.apply(utc(snapshot.takenAt())))) {
                last.add(snapshot);
            }
        }
        return last;
    }

    private static ZonedDateTime utc(Instant time) {
        return time.atZone(ZoneOffset.UTC);
    }
}
