package io.ameide.vault.bootstrap.vault;

import com.fasterxml.jackson.databind.JsonNode;
import io.ameide.vault.bootstrap.sensitive.Sensitive;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/**
 * The one answer in the life of a cluster that holds its shares. There is no second one, so that it is taken as it is:
 * what it lacks is said, and what it has is here.
 *
 * @param shares base64, or hex where there was nothing else; encrypted to the holders' keys, in their order, when PGP keys
 *     were given
 * @param recovery whether these are recovery shares, since the node unseals itself
 * @param lacks how it differs from what was asked for, in words that quote nothing; empty where it is whole
 * @param original the answer as it came
 */
public record Initialization(
        List<Sensitive> shares,
        boolean recovery,
        Optional<Sensitive> rootToken,
        List<String> lacks,
        Sensitive original) {

    public Initialization {
        shares = List.copyOf(shares);
        lacks = List.copyOf(lacks);
    }

    /**
     * What to ask for.
     *
     * @param pgpKeys base64 of one binary OpenPGP public key a share; empty to get the shares in clear
     * @param recovery whether the seal is an automatic one, so that recovery shares are asked for
     */
    public record Request(int shares, int threshold, List<String> pgpKeys, boolean recovery) {

        public Request {
            pgpKeys = List.copyOf(pgpKeys);
        }
    }

    /** Whether it holds anything that a cluster could be opened with. */
    public boolean holdsSecrets() {
        return !shares.isEmpty() || rootToken.isPresent();
    }

    static Initialization of(Request asked, JsonNode body, byte[] received) {
        String name = asked.recovery() ? "recovery_keys" : "keys";
        List<String> lacks = new ArrayList<>();
        List<Sensitive> shares = texts(body.path(name + "_base64"));
        if (shares.isEmpty() && asked.shares() > 0) {
            shares = texts(body.path(name));
            if (!shares.isEmpty()) {
                lacks.add("it has no " + name + "_base64");
            }
        }
        if (shares.size() != asked.shares()) {
            lacks.add("it has %d of the %d shares that were asked for".formatted(shares.size(), asked.shares()));
        }
        if (new HashSet<>(shares).size() < shares.size()) {
            lacks.add("some of its shares are equal");
        }
        Optional<Sensitive> rootToken = text(body.path("root_token"));
        if (rootToken.isEmpty()) {
            lacks.add("it has no root token");
        }
        return new Initialization(
                shares, asked.recovery(), rootToken, lacks, Sensitive.of(new String(received, StandardCharsets.UTF_8)));
    }

    private static List<Sensitive> texts(JsonNode list) {
        List<Sensitive> texts = new ArrayList<>();
        list.forEach(element -> text(element).ifPresent(texts::add));
        return texts;
    }

    private static Optional<Sensitive> text(JsonNode value) {
        return Optional.ofNullable(value.textValue())
                .filter(text -> !text.isBlank())
                .map(Sensitive::of);
    }
}
