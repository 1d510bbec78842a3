package io.ameide.vault.bootstrap.custody;

import io.ameide.vault.bootstrap.custody.KeyStore.Stored;
import io.ameide.vault.bootstrap.tick.Problem;

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

    /** The shares belong to a storage that is no longer there, or to another server. */
    public record StorageLost(Problem problem) implements Verdict {}

    /**
     * @param address the node that was asked
     * @param initialized what it answered
     * @param custody {@link KeyStore#description()} of where {@code stored} was read
     */
    public static Verdict decide(String address, boolean initialized, Stored stored, String custody) {
        if (stored.material().isEmpty()) {
            return initialized ? new ForeignServer(foreignServer(address, custody)) : new Fresh();
        }
        KeyMaterial material = stored.material().get();
        return switch (material.phase()) {
            case INITIALIZING ->
                initialized ? new SharesLost(sharesLost(address, material, custody)) : new MarkerOnly(material);
            case INITIALIZED ->
                initialized
                        ? new Known(material, stored.version())
                        : new StorageLost(storageLost(address, material, custody));
        };
    }

    private static Problem sharesLost(String address, KeyMaterial marker, String custody) {
        return Problem.blocked(
                "initialize " + address + ": the server is initialized, but the shares it gave were never stored: "
                        + custody + " holds only the marker of " + attempt(marker),
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
                "initialize " + address + ": the server is not initialized, but " + custody
                        + " holds the shares of the one initialized through " + material.address() + " at "
                        + material.startedAt() + ": its storage was lost, or this is another server",
                "nothing was overwritten; correct the address, restore a snapshot, or move " + custody
                        + " aside to start anew");
    }
}
