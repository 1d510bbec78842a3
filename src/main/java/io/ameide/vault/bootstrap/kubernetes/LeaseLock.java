package io.ameide.vault.bootstrap.kubernetes;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpec;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;

import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Optional;

/**
 * One holder at a time, by a Lease (coordination.k8s.io/v1) in one namespace. A holder renews within the duration; one that
 * died is succeeded when its duration has passed. Clocks of two holders may differ by less than the duration.
 */
public final class LeaseLock {

    private final KubernetesClient client;
    private final String namespace;
    private final String name;
    private final String identity;
    private final Duration duration;
    private final Clock clock;

    /**
     * @param identity who holds it, in words for people; different for every process
     * @param duration in whole seconds, after which a Lease that was not renewed is anybody's
     */
    public LeaseLock(
            KubernetesClient client, String namespace, String name, String identity, Duration duration, Clock clock) {
        this.client = client;
        this.namespace = namespace;
        this.name = name;
        this.identity = identity;
        this.duration = duration;
        this.clock = clock;
    }

    /** What an attempt came to. */
    public sealed interface Attempt {
        record Acquired() implements Attempt {}

        /** @param holder its identity, and since when it renewed */
        record HeldBy(String holder, ZonedDateTime renewed) implements Attempt {}
    }

    /** Takes the Lease, or renews it where this process holds it already. */
    public Attempt acquire() {
        try {
            Lease present =
                    client.leases().inNamespace(namespace).withName(name).get();
            if (present == null) {
                client.leases().inNamespace(namespace).resource(fresh()).create();
                return new Attempt.Acquired();
            }
            LeaseSpec spec = Optional.ofNullable(present.getSpec()).orElseGet(LeaseSpec::new);
            Optional<Attempt.HeldBy> other = holder(spec);
            if (other.isPresent()) {
                return other.get();
            }
            client.leases()
                    .inNamespace(namespace)
                    .resource(taken(present, spec))
                    .update();
            return new Attempt.Acquired();
        } catch (KubernetesClientException e) {
            ApiServerException failure = ApiServerException.of("acquire Lease %s/%s".formatted(namespace, name), e);
            if (failure instanceof ApiServerException.Conflict) {
                return new Attempt.HeldBy("another process", now());
            }
            throw failure;
        }
    }

    /** Gives the Lease back, if this process holds it. */
    public void release() {
        try {
            Lease present =
                    client.leases().inNamespace(namespace).withName(name).get();
            if (present != null
                    && present.getSpec() != null
                    && identity.equals(present.getSpec().getHolderIdentity())) {
                client.leases()
                        .inNamespace(namespace)
                        .resource(new LeaseBuilder(present)
                                .editSpec()
                                .withHolderIdentity("")
                                .withRenewTime(now())
                                .endSpec()
                                .build())
                        .update();
            }
        } catch (KubernetesClientException e) {
            throw ApiServerException.of("release Lease %s/%s".formatted(namespace, name), e);
        }
    }

    private Optional<Attempt.HeldBy> holder(LeaseSpec spec) {
        String holder = Optional.ofNullable(spec.getHolderIdentity()).orElse("");
        if (holder.isEmpty() || holder.equals(identity) || spec.getRenewTime() == null) {
            return Optional.empty();
        }
        long seconds = Optional.ofNullable(spec.getLeaseDurationSeconds()).orElse((int) duration.toSeconds());
        boolean expired = spec.getRenewTime().plusSeconds(seconds).isBefore(now());
        return expired ? Optional.empty() : Optional.of(new Attempt.HeldBy(holder, spec.getRenewTime()));
    }

    private Lease fresh() {
        return new LeaseBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(namespace)
                .endMetadata()
                .withNewSpec()
                .withHolderIdentity(identity)
                .withLeaseDurationSeconds((int) duration.toSeconds())
                .withAcquireTime(now())
                .withRenewTime(now())
                .withLeaseTransitions(0)
                .endSpec()
                .build();
    }

    private Lease taken(Lease present, LeaseSpec spec) {
        boolean renewal = identity.equals(spec.getHolderIdentity());
        int transitions = Optional.ofNullable(spec.getLeaseTransitions()).orElse(0);
        return new LeaseBuilder(present)
                .editOrNewSpec()
                .withHolderIdentity(identity)
                .withLeaseDurationSeconds((int) duration.toSeconds())
                .withAcquireTime(renewal ? spec.getAcquireTime() : now())
                .withRenewTime(now())
                .withLeaseTransitions(renewal ? transitions : transitions + 1)
                .endSpec()
                .build();
    }

    private ZonedDateTime now() {
        return clock.instant().atZone(ZoneOffset.UTC);
    }
}
