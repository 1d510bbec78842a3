package io.ameide.vault.bootstrap.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Whose connections are, on this machine: what Linux tells in proc_net(5) and proc_pid_fd(5). */
final class Connections {

    private static final List<Path> TABLES = List.of(Path.of("/proc/net/tcp"), Path.of("/proc/net/tcp6"));

    /** Columns of such a table. */
    private static final int LOCAL = 1;

    private static final int REMOTE = 2;
    private static final int INODE = 9;

    private Connections() {}

    /** Whether the system tells at all. */
    static boolean known() {
        return Files.isReadable(TABLES.getFirst());
    }

    /** Whether that process is at the other end of a connection that was accepted here. */
    static boolean isClient(long pid, Socket accepted) {
        return inode(accepted.getPort(), accepted.getLocalPort())
                .filter(inode -> has(pid, "socket:[" + inode + "]"))
                .isPresent();
    }

    private static Optional<String> inode(int localPort, int remotePort) {
        return TABLES.stream()
                .filter(Files::isReadable)
                .flatMap(Connections::rows)
                .filter(row -> port(row[LOCAL]) == localPort && port(row[REMOTE]) == remotePort)
                .map(row -> row[INODE])
                .findFirst();
    }

    private static Stream<String[]> rows(Path table) {
        try {
            return Files.readAllLines(table).stream()
                    .skip(1)
                    .map(line -> line.strip().split("\\s+"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Of an address as the tables have it, in hexadecimal digits: {@code 0100007F:CEEC}. */
    private static int port(String address) {
        return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1), 16);
    }

    private static boolean has(long pid, String socket) {
        try (var descriptors = Files.newDirectoryStream(Path.of("/proc", Long.toString(pid), "fd"))) {
            for (Path descriptor : descriptors) {
                if (leadsTo(descriptor, socket)) {
                    return true;
                }
            }
            return false;
        } catch (IOException | DirectoryIteratorException e) {
            return false; // the process has just gone
        }
    }

    private static boolean leadsTo(Path descriptor, String socket) {
        try {
            return Files.readSymbolicLink(descriptor).toString().equals(socket);
        } catch (IOException e) {
            return false; // it was closed meanwhile
        }
    }
}
