package io.ameide.vault.bootstrap.promises;

import io.ameide.vault.bootstrap.testing.LoopbackProxy;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Exchange;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Point;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A place in a tick at which its process is struck. Requests are named by what they ask and not by their number, since
 * some run side by side and some are polls.
 *
 * @param occurrence counted from 1 among the requests of this method and path
 */
record Strike(String method, String path, int occurrence, Point point) {

    static final String INIT = "/v1/sys/init";

    /** Every place in a tick that sent these requests, in their order. */
    static List<Strike> at(List<Exchange> exchanges) {
        List<Strike> strikes = new ArrayList<>();
        for (Exchange exchange : exchanges) {
            for (Point point : Point.values()) {
                strikes.add(new Strike(exchange.method(), exchange.path(), occurrence(exchange, exchanges), point));
            }
        }
        return strikes;
    }

    boolean hits(Exchange exchange, LoopbackProxy proxy) {
        return asks(exchange) && occurrence(exchange, proxy.exchanges()) == occurrence;
    }

    /** Whether a tick may come to its end without this request, because it is one of several that wait for something. */
    boolean poll() {
        return method.equals("GET") && occurrence > 1;
    }

    boolean at(String path) {
        return this.path.equals(path);
    }

    private boolean asks(Exchange exchange) {
        return exchange.method().equals(method) && exchange.path().equals(path);
    }

    private static int occurrence(Exchange exchange, List<Exchange> exchanges) {
        return (int) exchanges.stream()
                .filter(other -> other.number() <= exchange.number()
                        && other.method().equals(exchange.method())
                        && other.path().equals(exchange.path()))
                .count();
    }

    @Override
    public String toString() {
        String words = point.name().toLowerCase(Locale.ROOT).replace('_', ' ');
        return "%s %s%s, %s".formatted(method, path, occurrence == 1 ? "" : " (" + occurrence + ")", words);
    }
}
