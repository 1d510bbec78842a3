package io.ameide.vault.bootstrap.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

/**
 * Stands for a cluster's DNS where a process cannot be told names: a server of Go asks the proxy of {@code HTTPS_PROXY}
 * for every host but those on loopback, and this one knows where they are (RFC 9110, section 9.3.6: CONNECT).
 */
public final class NamesProxy implements AutoCloseable {

    private static final String END = "\r\n\r\n";
    private static final int LONGEST_REQUEST = 8192;

    private final Map<String, String> addresses;
    private final ServerSocket socket;

    private NamesProxy(Map<String, String> addresses, ServerSocket socket) {
        this.addresses = addresses;
        this.socket = socket;
    }

    /** @param addresses of hosts by name */
    public static NamesProxy of(Map<String, String> addresses) {
        try {
            NamesProxy proxy =
                    new NamesProxy(Map.copyOf(addresses), new ServerSocket(0, 50, InetAddress.getLoopbackAddress()));
            Thread.ofVirtual().name("names-proxy").start(proxy::accept);
            return proxy;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public URI address() {
        return URI.create("http://127.0.0.1:" + socket.getLocalPort());
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void accept() {
        while (!socket.isClosed()) {
            try {
                Socket client = socket.accept();
                Thread.ofVirtual().start(() -> serve(client));
            } catch (IOException e) {
                return; // closed
            }
        }
    }

    private void serve(Socket client) {
        try (client) {
            String[] words = request(client.getInputStream()).split(" ");
            Optional<InetSocketAddress> target =
                    words.length > 1 && words[0].equals("CONNECT") ? target(words[1]) : Optional.empty();
            if (target.isEmpty()) {
                answer(client, "HTTP/1.1 502 nobody has that name");
                return;
            }
            try (Socket server =
                    new Socket(target.get().getAddress(), target.get().getPort())) {
                answer(client, "HTTP/1.1 200 connected");
                Thread back = Thread.ofVirtual().start(() -> relay(server, client));
                relay(client, server);
                back.join();
            }
        } catch (IOException e) {
            // One of both has gone, which the other sees.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Optional<InetSocketAddress> target(String hostAndPort) {
        URI asked = URI.create("https://" + hostAndPort);
        return Optional.ofNullable(addresses.get(asked.getHost()))
                .map(address -> new InetSocketAddress(address, asked.getPort()));
    }

    /** Byte by byte, since what comes after it is not for this proxy. */
    private static String request(InputStream in) throws IOException {
        StringBuilder request = new StringBuilder();
        while (request.indexOf(END) < 0 && request.length() < LONGEST_REQUEST) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("no whole request");
            }
            request.append((char) next);
        }
        return request.toString();
    }

    private static void answer(Socket client, String line) throws IOException {
        client.getOutputStream().write((line + END).getBytes(StandardCharsets.US_ASCII));
    }

    private static void relay(Socket from, Socket to) {
        try {
            from.getInputStream().transferTo(to.getOutputStream());
            to.shutdownOutput();
        } catch (IOException e) {
            // One of both has gone, which the other sees.
        }
    }
}
