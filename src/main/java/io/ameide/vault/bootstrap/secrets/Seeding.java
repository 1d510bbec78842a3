package io.ameide.vault.bootstrap.secrets;

import io.ameide.vault.bootstrap.secrets.SecretProvider.Stored;

import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;

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
        return switch (desired.mode()) {
            // Version 0 is metadata alone: there never was any data.
            case CREATE_ONLY ->
                there.deleted() && there.version() == 0
                        ? new Create(desired.data().get())
                        : there.deleted() ? new LeaveDeleted(there.version()) : new Keep();
            case ENFORCE -> enforce(desired.data().get(), there);
        };
    }

    private static Seeding enforce(Map<String, Object> data, Stored there) {
        if (there.deleted()) {
            return new Replace(data, there.version(), "was deleted");
        }
        if (data.equals(there.data())) {
            return new Keep();
        }
        var properties = new TreeSet<>(data.keySet());
        properties.addAll(there.data().keySet());
        properties.removeIf(name -> Objects.equals(data.get(name), there.data().get(name)));
        return new Replace(data, there.version(), String.join(", ", properties) + " differs");
    }
}
