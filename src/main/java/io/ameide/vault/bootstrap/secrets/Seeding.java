package io.ameide.vault.bootstrap.secrets;

import io.ameide.vault.bootstrap.secrets.SecretProvider.Stored;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.IntStream;

/** What is to be done about one secret, from what is desired and what is there. */
sealed interface Seeding {

    /** It is as it should be. */
    record Keep() implements Seeding {}

    /** It is not there. */
    record Create(Map<String, Object> data) implements Seeding {}

    /**
     * It is enforced and differs.
     *
     * @param expectedVersion the version that was seen
     * @param difference which properties differ; never their values
     */
    record Replace(Map<String, Object> data, long expectedVersion, String difference) implements Seeding {}

    /** Somebody deleted it, and it was to be created only once. */
    record LeaveDeleted(long version) implements Seeding {}

    static Seeding decide(DesiredSecret desired, Optional<Stored> stored) {
        if (stored.isEmpty()) {
            return new Create(desired.data().get());
        }
        Stored there = stored.get();
        // Version 0 is metadata alone: there never was any data.
        if (there.deleted() && there.version() == 0) {
            return new Create(desired.data().get());
        }
        return switch (desired.mode()) {
            case CREATE_ONLY -> there.deleted() ? new LeaveDeleted(there.version()) : new Keep();
            case ENFORCE -> enforce(desired.data().get(), there);
        };
    }

    private static Seeding enforce(Map<String, Object> data, Stored there) {
        if (there.deleted()) {
            return new Replace(data, there.version(), "was deleted");
        }
        var properties = new TreeSet<>(data.keySet());
        properties.addAll(there.data().keySet());
        properties.removeIf(name -> same(data.get(name), there.data().get(name)));
        return properties.isEmpty()
                ? new Keep()
                : new Replace(data, there.version(), String.join(", ", properties) + " differs");
    }

    /** Equal as JSON is: a server gives 1 back for 1.0. */
    private static boolean same(Object one, Object other) {
        if (one instanceof Number number && other instanceof Number stored) {
            return new BigDecimal(number.toString()).compareTo(new BigDecimal(stored.toString())) == 0;
        }
        if (one instanceof Map<?, ?> map && other instanceof Map<?, ?> stored) {
            return map.keySet().equals(stored.keySet())
                    && map.keySet().stream().allMatch(key -> same(map.get(key), stored.get(key)));
        }
        if (one instanceof List<?> list && other instanceof List<?> stored) {
            return list.size() == stored.size()
                    && IntStream.range(0, list.size()).allMatch(i -> same(list.get(i), stored.get(i)));
        }
        return Objects.equals(one, other);
    }
}
