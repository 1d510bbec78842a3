package io.ameide.vault.bootstrap.custody;

import io.ameide.vault.bootstrap.custody.KeyStore.Stored;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.vault.NodeAddress;

/** Decides, from what a server says and what custody holds, whether init may be asked for and what was lost. */
public final class InitJournal {

    private InitJournal() {}

    /** What server and custody together mean. */
    public sealed interface Verdict {}

    /** Neither knows anything: a marker may be stored and init asked for. */
    public record Fresh() implements Verdict {}

    /**
     * An earlier try died before the server answered, or the server was emptied since: init may be asked for again, of the
     * node that the marker names, because that node itself says that it made no shares.
     */
    public record MarkerOnly(KeyMaterial marker) implements Verdict {}

    /** The server is initialized and custody has what came of it. */
    public record Known(KeyMaterial material, String version) implements Verdict {}

    /** The one window no client can close: init was answered, and the answer was never stored. */
    public record SharesLost(Problem problem) implements Verdict {}

    /** Somebody else initialized the server. */
    public record ForeignServer(Problem problem) implements Verdict {}

    /**
     * The node that custody names says that it is empty. Whoever believes this moves the only shares away, so that it has to
     * say so more than once.
     */
    public record StorageLost(Problem problem) implements Verdict {}

    /** Another node than the one that custody names says that it is empty, which tells nothing of that one. */
    public record OtherServer(Problem problem) implements Verdict {}

    /**
     * @param node the node that was asked
     * @param initialized what it answered
     * @param custody {@link KeyStore#description()} of where {@code stored} was read
     */
    public static Verdict decide(NodeAddress node, boolean initialized, Stored stored, String custody) {
        String address = node.toString();
        if (stored.material().isEmpty()) {
            return initialized ? new ForeignServer(foreignServer(address, custody)) : new Fresh();
        }
        KeyMaterial material = stored.material().get();
        return switch (material.phase()) {
            case INITIALIZING ->
                initialized
                        ? new SharesLost(
                                material.asked(node)
                                        ? sharesLost(address, material, custody)
                                        : otherServer(address, material, custody))
                        : new MarkerOnly(material);
            case INITIALIZED ->
                initialized
                        ? new Known(material, stored.version())
                        : material.asked(node)
                                ? new StorageLost(storageLost(address, material, custody))
                                : new OtherServer(otherServer(address, material, custody));
        };
    }

    private static Problem sharesLost(String address, KeyMaterial marker, String custody) {
        return Problem.blocked(
                "initialize " + address + ": the server is initialized, but the shares it gave were never stored: "
                        + custody + " holds only the marker of " + attempt(marker)
                        + (marker.initAnswer().isPresent() ? ", and what it answered instead, in initAnswer" : ""),
                "if the shares exist elsewhere, restore " + custody
                        + " from there; if the server holds nothing yet, wipe its storage and run again");
    }

    /** Why init may not be asked for yet, although all nodes that were found say that they made no shares. */
    public static Problem nodeAwaited(KeyMaterial marker, KeyStore custody) {
        return Problem.access(
                custody.description() + " holds the marker of " + attempt(marker)
                        + ", and that node is not among those that answer: it may hold the cluster whose shares were"
                        + " being made",
                "bring it back; if it is gone for good with its storage, take the marker away and run again: "
                        + custody.removal());
    }

    private static String attempt(KeyMaterial marker) {
        return "the try on " + marker.address()
                + marker.pod().map(" (Pod %s)"::formatted).orElse("") + " by " + marker.startedBy() + " at "
                + marker.startedAt();
    }

    private static Problem foreignServer(String address, String custody) {
        return Problem.blocked(
                "initialize " + address + ": the server is initialized, but " + custody
                        + " holds nothing: somebody else initialized it",
                "ask them for the shares and write " + custody + " as JSON with the fields version (1), phase"
                        + " (INITIALIZED), kind (UNSEAL or RECOVERY), shareCount, threshold, shares, rootToken or"
                        + " appRole, address, startedAt, startedBy (pid and host) and checksumKey (openssl rand"
                        + " -base64 32)");
    }

    private static Problem storageLost(String address, KeyMaterial material, String custody) {
        return Problem.blocked(
                "initialize " + address + ": the server is not initialized, but " + custody + " holds the shares of "
                        + cluster(material) + ": its storage was lost, or is not mounted",
                "first look on the node's machine or in its Pod whether its storage folder is there and filled, and whether"
                        + " another node of the cluster still serves; only where all of it is lost for good, keep a copy"
                        + " of the shares for its snapshots, and move " + custody + " aside to start anew");
    }

    private static Problem otherServer(String address, KeyMaterial material, String custody) {
        String told = material.phase() == KeyMaterial.Phase.INITIALIZING
                ? " is initialized, but the shares that were asked for were never stored: " + custody
                        + " holds only the marker of " + attempt(material)
                : " is not initialized, but " + custody + " holds the shares of " + cluster(material);
        return Problem.blocked(
                "initialize " + address + ": the server" + told + ", which is another node",
                "nothing was changed; point the tool at " + material.address()
                        + ", or, if that node is gone and this one is of the same cluster, restore custody from a copy"
                        + " that names the right one");
    }

    private static String cluster(KeyMaterial material) {
        return "the one initialized through " + material.address() + " at " + material.startedAt()
                + material.clusterId().map(", cluster "::concat).orElse("");
    }
}
