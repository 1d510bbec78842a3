package io.ameide.vault.bootstrap.vault;

import io.ameide.vault.bootstrap.sensitive.Sensitive;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/** Every exchange ends, whatever the other side does: the request fails, and within its limits. */
class BoundedAnswersTest {

    private static final Duration LIMIT = Duration.ofSeconds(1);
    private static final Sensitive TOKEN = Sensitive.of("s.token-of-the-test");

    /** What a server may do instead of ending its answer. */
    enum Fault {
        SILENT {
            @Override
            void answer(OutputStream out) {}
        },
        HEADERS_THAT_TRICKLE {
            @Override
            void answer(OutputStream out) throws IOException, InterruptedException {
                out.write("HTTP/1.1 200 OK\r\n".getBytes(StandardCharsets.US_ASCII));
                while (true) {
                    out.write("X: y\r\n".getBytes(StandardCharsets.US_ASCII));
                    out.flush();
                    Thread.sleep(200);
                }
            }
        },
        BODY_THAT_STALLS {
            @Override
            void answer(OutputStream out) throws IOException {
                head(out, 403, 1000);
                out.write("{\"errors\": [".getBytes(StandardCharsets.US_ASCII));
            }
        },
        BODY_THAT_TRICKLES {
            @Override
            void answer(OutputStream out) throws IOException, InterruptedException {
                head(out, 403, 100_000);
                while (true) {
                    out.write(' ');
                    out.flush();
                    Thread.sleep(200);
                }
            }
        },
        BODY_WITHOUT_END {
            @Override
            void answer(OutputStream out) throws IOException {
                head(out, 403, Long.MAX_VALUE);
                byte[] blank = " ".repeat(64 * 1024).getBytes(StandardCharsets.US_ASCII);
                while (true) {
                    out.write(blank);
                }
            }
        },
        GARBAGE {
            @Override
            void answer(OutputStream out) throws IOException {
                out.write("\0\1\2\3\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            }
        };

        abstract void answer(OutputStream out) throws IOException, InterruptedException;

        private static void head(OutputStream out, int status, long length) throws IOException {
            out.write("HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                    .formatted(status, length)
                    .getBytes(StandardCharsets.US_ASCII));
        }
    }

    @TempDir
    Path folder;

    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private ServerSocket server;
    private volatile Fault fault;
    private VaultNode node;

    @BeforeEach
    void listen() throws IOException {
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
        node = VaultNode.at(
                        List.of(new NodeAddress(URI.create("http://127.0.0.1:" + server.getLocalPort()))),
                        new Transport(TlsSettings.PLATFORM, LIMIT, LIMIT),
                        new RequestCounter())
                .getFirst();
    }

    @AfterEach
    void close() throws IOException {
        server.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = server.accept();
                sockets.add(socket);
                Thread.ofVirtual().start(() -> answer(socket));
            }
        } catch (IOException e) {
            // It was closed.
        }
    }

    private void answer(Socket socket) {
        try {
            socket.getInputStream().read(new byte[64 * 1024]);
            fault.answer(socket.getOutputStream());
            socket.getOutputStream().flush();
        } catch (IOException e) {
            // The client had enough.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @ParameterizedTest
    @EnumSource(Fault.class)
    void sealStatusEnds(Fault happening) {
        fault = happening;

        assertEnds(node::sealStatus);
    }

    @ParameterizedTest
    @EnumSource(Fault.class)
    void refusalOfASnapshotEnds(Fault happening) {
        fault = happening;

        assertEnds(() -> node.session(TOKEN).snapshot());
    }

    @ParameterizedTest
    @EnumSource(Fault.class)
    void refusalOfARestoreEnds(Fault happening) throws IOException {
        fault = happening;
        Path archive = Files.writeString(folder.resolve("archive"), "archive");

        assertEnds(() -> node.session(TOKEN).restore(archive, false));
    }

    @Test
    void nodeThatStallsIsAskedTwiceByASession() {
        fault = Fault.BODY_THAT_STALLS;
        VaultSession session = node.session(TOKEN);
        for (int i = 0; i < 3; i++) {
            assertEnds(() -> session.read("sys/mounts"));
        }

        NodeException last = catchThrowableOfType(NodeException.class, () -> session.read("sys/mounts"));

        assertThat(last).hasMessageContaining("left 2 requests without an answer and is not asked again");
    }

    private static void assertEnds(Runnable request) {
        long begun = System.nanoTime();

        NodeException thrown = catchThrowableOfType(NodeException.class, request::run);

        assertThat(thrown).isInstanceOf(NodeException.Unreachable.class);
        assertThat(thrown.getMessage()).doesNotContain(TOKEN.reveal());
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(LIMIT.multipliedBy(6));
    }
}
