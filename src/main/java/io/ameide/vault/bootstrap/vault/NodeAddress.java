package io.ameide.vault.bootstrap.vault;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Objects;
import java.util.Optional;

/**
 * Where one node listens.
 *
 * @param uri scheme, host and optionally port; nothing else
 * @param pod the name of the Pod that it is, which stays where the address becomes another; empty where it was not found as
 *     one
 */
public record NodeAddress(URI uri, Optional<String> pod) {

    public NodeAddress {
        Objects.requireNonNull(uri);
        Objects.requireNonNull(pod);
    }

    public NodeAddress(URI uri) {
        this(uri, Optional.empty());
    }

    public NodeAddress ofPod(String name) {
        return new NodeAddress(uri, Optional.of(name));
    }

    /**
     * Reads an address as a person writes it.
     *
     * @throws IllegalArgumentException with a text for people when it is not {@code http(s)://host[:port]}
     */
    public static NodeAddress parse(String text) {
        if (text.contains("@")) {
            throw new IllegalArgumentException(
                    "an address holds credentials; leave them out, the tool signs in by itself");
        }
        URI uri;
        try {
            uri = new URI(text.strip());
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("address \"%s\" is not a URL".formatted(text), e);
        }
        if (!"http".equals(uri.getScheme()) && !"https".equals(uri.getScheme())) {
            throw new IllegalArgumentException(
                    "address \"%s\" does not start with http:// or https://".formatted(text));
        }
        if (uri.getHost() == null) {
            throw new IllegalArgumentException("address \"%s\" names no host".formatted(text));
        }
        if (uri.getPort() == 0 || uri.getPort() > 65535) {
            throw new IllegalArgumentException("address \"%s\" has a port that does not exist".formatted(text));
        }
        boolean path = uri.getRawPath() != null && !uri.getRawPath().isEmpty() && !"/".equals(uri.getRawPath());
        if (path || uri.getRawQuery() != null || uri.getRawFragment() != null) {
            throw new IllegalArgumentException(
                    "address \"%s\" goes on after the port; write scheme, host and port only".formatted(text));
        }
        return new NodeAddress(URI.create(uri.getScheme() + "://" + uri.getRawAuthority()));
    }

    public boolean tls() {
        return "https".equals(uri.getScheme());
    }

    @Override
    public String toString() {
        return uri.toString();
    }
}
