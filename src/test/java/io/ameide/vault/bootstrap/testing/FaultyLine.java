package io.ameide.vault.bootstrap.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A line to a server that fails in the middle of a request or an answer, which {@link LoopbackProxy} only sees as a whole.
 * It passes bytes on until a connection has had so many of them.
 */
public final class FaultyLine implements AutoCloseable {

    private static final int BUFFER = 8 * 1024;

    private final ServerSocket listener;
    private final URI server;
    private final long requestBytes;
    private final long answerBytes;
    private final boolean cutting;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

    private FaultyLine(URI server, long requestBytes, long answerBytes, boolean cutting) {
        this.cutting = cutting;
        this.server = server;
        this.requestBytes = requestBytes;
        this.answerBytes = answerBytes;
        try {
            this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().start(this::accept);
    }

    /** Every connection ends when this much of its answers was passed on. */
    public static FaultyLine cutting(URI server, long answerBytes) {
        return new FaultyLine(server, Long.MAX_VALUE, answerBytes, true);
    }

    /** Every connection stays open and takes nothing any more when it has taken this much. */
    public static FaultyLine stalling(URI server, long requestBytes) {
        return new FaultyLine(server, requestBytes, Long.MAX_VALUE, false);
    }

    /** Every connection ends, on both sides, when this much of its requests was passed on. */
    public static FaultyLine cuttingRequests(URI server, long requestBytes) {
        return new FaultyLine(server, requestBytes, Long.MAX_VALUE, true);
    }

    /** Where nobody listens any more. */
    public static URI gone() {
        try (FaultyLine line = cutting(URI.create("http://127.0.0.1:1"), 0)) {
            return line.address();
        }
    }

    public URI address() {
        return URI.create("http://127.0.0.1:" + listener.getLocalPort());
    }

    private void accept() {
        try {
            while (true) {
                Socket client = keep(listener.accept());
                Socket upstream = keep(new Socket(server.getHost(), server.getPort()));
                Thread.ofVirtual().start(() -> {
                    if (pass(client, upstream, requestBytes)) {
                        end(upstream);
                    } else if (cutting) {
                        end(upstream);
                        end(client);
                    }
                });
                Thread.ofVirtual().start(() -> {
                    pass(upstream, client, answerBytes);
                    end(client);
                });
            }
        } catch (IOException e) {
            // It was closed, or the server is gone: either is what a client is to see.
        }
    }

    private Socket keep(Socket socket) {
        sockets.add(socket);
        return socket;
    }

    /** @return whether one of them ended the connection, not this line */
    private boolean pass(Socket from, Socket to, long limit) {
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            byte[] buffer = new byte[BUFFER];
            long passed = 0;
            while (passed < limit) {
                int count = in.read(buffer, 0, (int) Math.min(buffer.length, limit - passed));
                if (count < 0) {
                    return true;
                }
                out.write(buffer, 0, count);
                passed += count;
            }
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    private static void end(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        sockets.forEach(FaultyLine::end);
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
