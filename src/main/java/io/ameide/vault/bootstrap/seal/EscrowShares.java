package io.ameide.vault.bootstrap.seal;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.custody.KeyStore;
import io.ameide.vault.bootstrap.openpgp.PgpEncryption;
import io.ameide.vault.bootstrap.openpgp.PgpKey;
import io.ameide.vault.bootstrap.sensitive.KeyedChecksum;
import io.ameide.vault.bootstrap.tick.Change;
import io.ameide.vault.bootstrap.tick.Count;
import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.ameide.vault.bootstrap.tick.Step;
import io.ameide.vault.bootstrap.tick.Work;

import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Publishes the shares in custody a second time, each encrypted to a person: share i to holder i modulo their number. No
 * holder gets enough to open the seal alone. What is published bears a keyed checksum of each share, whose key is in
 * custody, so that it is written again only when a share or a holder is another.
 */
public final class EscrowShares implements Step {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final KeyStore custody;
    private final List<PgpKey> holders;
    private final EscrowPlace place;
    private final Clock clock;

    public EscrowShares(KeyStore custody, List<PgpKey> holders, EscrowPlace place, Clock clock) {
        this.custody = custody;
        this.holders = List.copyOf(holders);
        this.place = place;
        this.clock = clock;
    }

    /** What is published of one share, without the message that holds it. */
    private record Entry(int share, String holder, String fingerprint, String checksum) {

        private static Entry of(JsonNode node) {
            return new Entry(
                    node.path("share").asInt(),
                    node.path("holder").asText(),
                    node.path("fingerprint").asText(),
                    node.path("checksum").asText());
        }
    }

    @Override
    public String name() {
        return "escrow";
    }

    @Override
    public Outcome run(Mode mode) {
        Optional<KeyMaterial> material = custody.read().material();
        if (material.map(KeyMaterial::shares).orElse(List.of()).isEmpty()) {
            return new Outcome.Unchanged("custody holds no shares in clear");
        }
        KeyMaterial keys = material.get();
        unfit(holders.size(), keys.shareCount(), keys.threshold()).ifPresent(problem -> {
            throw new ProblemException(problem);
        });
        List<PgpEncryption> people = holders.stream()
                .map(holder -> new PgpEncryption(holder, clock.instant()))
                .toList();
        List<Entry> desired = entries(keys, people);
        EscrowPlace.Published published = place.read();
        Work work = new Work(mode);
        if (!desired.equals(published.document().map(EscrowShares::entries).orElse(List.of()))) {
            work.change(
                    new Change(
                            "escrow in " + place.description(),
                            "%s for %s"
                                    .formatted(Count.of(desired.size(), "share"), Count.of(people.size(), "holder"))),
                    () -> place.write(document(keys, people, desired), published.version()));
        }
        return work.outcome(place.description());
    }

    /** Why shares cannot be published for so many holders, if so. */
    public static Optional<Problem> unfit(int holders, int shares, int threshold) {
        if (holders > shares) {
            return Optional.of(Problem.invalid(
                    "bootstrap.keys.escrow.pgp-keys names %s for %s"
                            .formatted(Count.of(holders, "key"), Count.of(shares, "share")),
                    "name at most as many holders as there are shares"));
        }
        int most = (shares + holders - 1) / holders;
        if (shares > 1 && most >= threshold) {
            return Optional.of(Problem.invalid(
                    "bootstrap.keys.escrow.pgp-keys names %s: one of them would hold %d shares, and %d open the seal"
                            .formatted(Count.of(holders, "key"), most, threshold),
                    "name more holders, so that nobody can open it alone"));
        }
        return Optional.empty();
    }

    private static List<Entry> entries(KeyMaterial keys, List<PgpEncryption> people) {
        KeyedChecksum checksum = new KeyedChecksum(keys.checksumKey());
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < keys.shares().size(); i++) {
            PgpEncryption person = people.get(i % people.size());
            entries.add(new Entry(
                    i + 1,
                    person.holder(),
                    person.fingerprint(),
                    checksum.of(keys.shares().get(i).reveal())));
        }
        return entries;
    }

    /** A document that is not one of ours is written anew. */
    private static List<Entry> entries(String document) {
        try {
            List<Entry> entries = new ArrayList<>();
            JSON.readTree(document).path("shares").forEach(node -> entries.add(Entry.of(node)));
            return entries;
        } catch (JsonProcessingException e) {
            return List.of();
        }
    }

    private static String document(KeyMaterial keys, List<PgpEncryption> people, List<Entry> entries) {
        ObjectNode document = JSON.createObjectNode();
        document.put("version", 1)
                .put("kind", keys.kind().name())
                .put("shareCount", keys.shareCount())
                .put("threshold", keys.threshold())
                .put("address", keys.address());
        ArrayNode shares = document.putArray("shares");
        for (Entry entry : entries) {
            int index = entry.share() - 1;
            shares.addObject()
                    .put("share", entry.share())
                    .put("holder", entry.holder())
                    .put("fingerprint", entry.fingerprint())
                    .put("checksum", entry.checksum())
                    .put(
                            "message",
                            people.get(index % people.size())
                                    .encrypt(keys.shares().get(index)));
        }
        return document.toPrettyString() + "\n";
    }
}
