package io.ameide.vault.bootstrap.promises;

import io.ameide.vault.bootstrap.testing.LoopbackProxy.Exchange;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Point;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A place in a tick at which its process is struck. Requests are named by what they ask and not by their number, since
 * some run side by side and some are polls.
 *
 * @param server as the proxy calls it
 * @param occurrence counted from 1 among the requests of this method and path to this server
 */
record Strike(String server, String method, String path, int occurrence, Point point) {

    static final String INIT = "/v1/sys/init";

    /** Every place in a tick that sent these requests, in their order. */
    static List<Strike> at(List<Exchange> exchanges) {
        List<Strike> strikes = new ArrayList<>();
        for (Exchange exchange : exchanges) {
            for (Point point : Point.values()) {
                strikes.add(new Strike(
                        exchange.server(), exchange.method(), exchange.path(), occurrence(exchange, exchanges), point));
            }
        }
        return strikes;
    }

    /** @param exchanges all so far */
    boolean hits(Exchange exchange, List<Exchange> exchanges) {
        return exchange.server().equals(server)
                && exchange.method().equals(method)
                && exchange.path().equals(path)
                && occurrence(exchange, exchanges) == occurrence;
    }

    /**
     * Whether a tick may come to its end without this request, because it is one of several that wait for something, or
     * that a lock is renewed by.
     */
    boolean poll() {
        return occurrence > 1 && (method.equals("GET") || path.startsWith(HostedScene.LEASES));
    }

    boolean write() {
        return !method.equals("GET") && !method.equals("LIST");
    }

    boolean at(String path) {
        return this.path.equals(path);
    }

    private static int occurrence(Exchange exchange, List<Exchange> exchanges) {
        return (int) exchanges.stream()
                .filter(other -> other.number() <= exchange.number()
                        && other.server().equals(exchange.server())
                        && other.method().equals(exchange.method())
                        && other.path().equals(exchange.path()))
                .count();
    }

    @Override
    public String toString() {
        String words = point.name().toLowerCase(Locale.ROOT).replace('_', ' ');
        String times = occurrence == 1 ? "" : " (" + occurrence + ")";
        return "%s %s %s%s, %s".formatted(server, method, path, times, words).strip();
    }
}
