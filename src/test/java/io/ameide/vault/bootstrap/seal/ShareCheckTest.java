package io.ameide.vault.bootstrap.seal;

import io.ameide.vault.bootstrap.custody.EscrowedShare;
import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.custody.KeyMaterial.ShareKind;
import io.ameide.vault.bootstrap.custody.Whereabouts;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.vault.NodeAddress;
import io.ameide.vault.bootstrap.vault.SealStatus;
import org.junit.jupiter.api.Test;

import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

import static org.assertj.core.api.Assertions.assertThat;

class ShareCheckTest {

    private static final SealStatus SHAMIR = seal("shamir", 5, 3);

    @Test
    void nothingSpeaksAgainstWholeCustody() {
        assertThat(problems(keys(shares(5)), SHAMIR)).isEmpty();
    }

    @Test
    void hexIsAFormOfItsOwn() {
        List<Sensitive> hex = shares(5).stream()
                .map(share -> Sensitive.of(
                        HexFormat.of().formatHex(Base64.getDecoder().decode(share.reveal()))))
                .toList();

        assertThat(problems(keys(hex), SHAMIR)).isEmpty();
    }

    @Test
    void sharesThatAreMissingAreCounted() {
        assertThat(problems(keys(shares(2)), SHAMIR)).containsExactly("custody holds 2 of the 3 shares that it takes");
    }

    @Test
    void shareThatIsThereTwiceIsNamed() {
        List<Sensitive> twice = new ArrayList<>(shares(4));
        twice.add(twice.get(1));

        assertThat(problems(keys(twice), SHAMIR)).containsExactly("shares 2 and 5 in custody are the same point");
    }

    @Test
    void shareThatWasCutOffIsNamedAndNotShown() {
        List<Sensitive> cut = new ArrayList<>(shares(5));
        cut.set(2, Sensitive.of(cut.get(2).reveal().substring(4)));

        assertThat(problems(keys(cut), SHAMIR)).containsExactly("share 3 in custody does not have the form of one");
    }

    @Test
    void rotatedSharesAreFoundByTheirCount() {
        assertThat(problems(keys(shares(5)), seal("shamir", 7, 4)))
                .singleElement()
                .asString()
                .contains("of 5 shares with threshold 3", "of 7 with threshold 4");
    }

    @Test
    void sealOfAnotherKindIsNamed() {
        assertThat(problems(keys(shares(5)), seal("awskms", 5, 3)))
                .containsExactly("custody holds unseal shares, but the seal of node is awskms");
    }

    @Test
    void otherClusterIsNamed() {
        assertThat(problems(keys(shares(5)).withClusterId("another"), SHAMIR))
                .containsExactly("custody belongs to cluster another, but node to cluster c-1");
    }

    @Test
    void peopleWhoHoldTheSharesAreNamed() {
        KeyMaterial held = marker().initialized(
                        List.of(),
                        IntStream.range(0, 5)
                                .mapToObj(n -> new EscrowedShare("person" + n, Sensitive.of("ciphertext")))
                                .toList(),
                        Optional.empty());

        assertThat(problems(held, SHAMIR))
                .containsExactly(
                        "people hold the shares: 3 of them must come, of person0, person1, person2, person3, person4");
    }

    @Test
    void markerAndEmptyCustodyOpenNothing() {
        assertThat(problems(marker(), SHAMIR)).containsExactly("custody holds a marker, and no shares");
        assertThat(ShareCheck.problems(Optional.empty(), "custody", SHAMIR, "node"))
                .extracting(Problem::message)
                .containsExactly("custody holds nothing");
    }

    private static List<String> problems(KeyMaterial keys, SealStatus seal) {
        return ShareCheck.problems(Optional.of(keys), "custody", seal, "node").stream()
                .map(Problem::message)
                .toList();
    }

    private static SealStatus seal(String type, int shares, int threshold) {
        return new SealStatus(
                type,
                true,
                false,
                threshold,
                shares,
                0,
                !type.equals("shamir"),
                "2.7.2",
                "raft",
                false,
                Optional.of("c-1"),
                Optional.empty());
    }

    private static KeyMaterial keys(List<Sensitive> shares) {
        return marker().initialized(shares, List.of(), Optional.empty());
    }

    private static KeyMaterial marker() {
        return KeyMaterial.marker(
                ShareKind.UNSEAL,
                5,
                3,
                NodeAddress.parse("http://node"),
                Instant.EPOCH,
                new Whereabouts(1, "host"),
                new SecureRandom());
    }

    private static List<Sensitive> shares(int count) {
        return IntStream.range(0, count)
                .mapToObj(n -> {
                    byte[] share = new byte[33];
                    new SecureRandom().nextBytes(share);
                    share[32] = (byte) (n + 1);
                    return Sensitive.of(Base64.getEncoder().encodeToString(share));
                })
                .toList();
    }
}
