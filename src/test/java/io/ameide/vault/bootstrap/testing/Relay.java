package io.ameide.vault.bootstrap.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntPredicate;
import java.util.function.ToIntFunction;

/**
 * Hands bytes on from one loopback address to another and back, whatever they are, for those who may pass. Who may not is
 * let in all the same and hears nothing, as behind a firewall that drops packets.
 */
public final class Relay implements AutoCloseable {

    private static final int CONNECT_MILLIS = 2_000;

    private final ServerSocket listener;
    private final InetSocketAddress target;
    private final ToIntFunction<Socket> who;
    private final IntPredicate mayPass;
    private final Map<Socket, Line> open = new ConcurrentHashMap<>();

    /**
     * A client that was let in.
     *
     * @param from who it is
     * @param server empty where it came in vain
     */
    private record Line(int from, Optional<Socket> server) {}

    private Relay(ServerSocket listener, InetSocketAddress target, ToIntFunction<Socket> who, IntPredicate mayPass) {
        this.listener = listener;
        this.target = target;
        this.who = who;
        this.mayPass = mayPass;
    }

    /**
     * @param target need not listen yet
     * @param who tells for everybody who comes who it is
     * @param mayPass who may pass now
     */
    public static Relay start(
            InetSocketAddress listen, InetSocketAddress target, ToIntFunction<Socket> who, IntPredicate mayPass) {
        try {
            ServerSocket listener = new ServerSocket();
            listener.setReuseAddress(true);
            listener.bind(listen);
            Relay relay = new Relay(listener, target, who, mayPass);
            Thread.ofVirtual().start(relay::accept);
            return relay;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where it listens. */
    public int port() {
        return listener.getLocalPort();
    }

    /** Hangs up on those who may not pass any more, and on those who came in vain and may by now: they have to come again. */
    public void review() {
        open.forEach((client, line) -> {
            if (mayPass.test(line.from()) != line.server().isPresent()) {
                end(client);
            }
        });
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            open.keySet().forEach(this::end);
        }
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                Thread.ofVirtual().start(() -> admit(client));
            } catch (IOException e) {
                // Closed.
                return;
            }
        }
    }

    private void admit(Socket client) {
        int from = who.applyAsInt(client);
        if (!mayPass.test(from)) {
            open.put(client, new Line(from, Optional.empty()));
            return;
        }
        Socket server = new Socket();
        open.put(client, new Line(from, Optional.of(server)));
        try {
            server.connect(target, CONNECT_MILLIS);
        } catch (IOException e) {
            end(client);
            return;
        }
        Thread.ofVirtual().start(() -> hand(client, server, client));
        hand(server, client, client);
    }

    private void hand(Socket from, Socket to, Socket client) {
        try {
            from.getInputStream().transferTo(to.getOutputStream());
        } catch (IOException e) {
            // One of the two has gone, which ends both.
        } finally {
            end(client);
        }
    }

    private void end(Socket client) {
        close(client);
        Optional.ofNullable(open.remove(client)).flatMap(Line::server).ifPresent(Relay::close);
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // It is gone either way.
        }
    }
}
