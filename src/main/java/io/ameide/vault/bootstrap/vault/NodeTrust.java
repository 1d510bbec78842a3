package io.ameide.vault.bootstrap.vault;

import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

import java.net.InetAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Decides whether a node's certificate is good, and says in words what is wrong with one that is not. It checks dates,
 * chain and name like the platform does; the name may be another than that of the address, since Pods are often reached by
 * IP while their certificates bear service names (RFC 9525).
 */
final class NodeTrust extends X509ExtendedTrustManager {

    private static final int DNS_NAME = 2;
    private static final int IP_ADDRESS = 7;
    private static final Pattern IP_LITERAL = Pattern.compile("[0-9.]+|\\[?[0-9a-f:.]*:[0-9a-f:.]*(%.*)?]?");

    private final X509ExtendedTrustManager chains;
    private final Optional<String> serverName;
    private final String authorities;

    /**
     * @param chains checks chains only
     * @param serverName the name every node's certificate must bear; the host of the address when empty
     * @param authorities where the trusted ones come from, for people
     */
    NodeTrust(X509ExtendedTrustManager chains, Optional<String> serverName, String authorities) {
        this.chains = chains;
        this.serverName = serverName;
        this.authorities = authorities;
    }

    /** What is wrong with a certificate. Its message is meant to be shown. */
    static final class Untrusted extends CertificateException {
        private static final long serialVersionUID = 1L;

        private final String hint;

        Untrusted(String message, String hint, Throwable cause) {
            super(message, cause);
            this.hint = hint;
        }

        String hint() {
            return hint;
        }
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        check(chain, authType, serverName.orElse(engine.getPeerHost()));
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        check(chain, authType, serverName.orElse(socket.getInetAddress().getHostName()));
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        throw new CertificateException("a certificate cannot be checked without knowing whose it should be");
    }

    private void check(X509Certificate[] chain, String authType, String name) throws CertificateException {
        X509Certificate leaf = chain[0];
        try {
            leaf.checkValidity();
        } catch (CertificateExpiredException e) {
            throw new Untrusted(
                    "its certificate expired at " + leaf.getNotAfter().toInstant(),
                    "renew it; if it was renewed, the server has not read it again",
                    e);
        } catch (CertificateNotYetValidException e) {
            throw new Untrusted(
                    "its certificate is valid only from " + leaf.getNotBefore().toInstant(),
                    "compare the clocks of this host and of the issuer",
                    e);
        }
        try {
            chains.checkServerTrusted(chain, authType);
        } catch (CertificateException e) {
            throw new Untrusted(
                    "its certificate, issued by \"%s\", is not signed by %s"
                            .formatted(leaf.getIssuerX500Principal().getName(), authorities),
                    "set bootstrap.vault.tls.ca-file to the ca.crt of its issuer",
                    e);
        }
        List<Name> names = names(leaf);
        if (names.stream().noneMatch(found -> found.covers(name))) {
            throw new Untrusted(
                    "its certificate is not for %s but for %s"
                            .formatted(
                                    name,
                                    names.isEmpty()
                                            ? "no name at all"
                                            : names.stream().map(Name::text).collect(Collectors.joining(", "))),
                    "add the name to the certificate, or set bootstrap.vault.tls.server-name to one it has",
                    null);
        }
    }

    private static List<Name> names(X509Certificate certificate) throws CertificateParsingException {
        List<Name> names = new ArrayList<>();
        Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
        if (alternatives != null) {
            for (List<?> alternative : alternatives) {
                int type = (Integer) alternative.get(0);
                if (type == DNS_NAME || type == IP_ADDRESS) {
                    names.add(new Name((String) alternative.get(1), type == IP_ADDRESS));
                }
            }
        }
        return names;
    }

    /** A name that a certificate bears: RFC 9525, section 6. */
    private record Name(String text, boolean ip) {

        boolean covers(String host) {
            String asked = host.toLowerCase(Locale.ROOT);
            if (ip || IP_LITERAL.matcher(asked).matches()) {
                return ip && IP_LITERAL.matcher(asked).matches() && sameAddress(text, asked);
            }
            String expected = text.toLowerCase(Locale.ROOT);
            if (!expected.startsWith("*.")) {
                return expected.equals(asked);
            }
            // A wildcard stands for the whole leftmost label, and for nothing else.
            int dot = asked.indexOf('.');
            return dot > 0 && expected.substring(1).equals(asked.substring(dot));
        }

        /** IPv6 has many spellings. Both are literals, so that nothing is looked up. */
        private static boolean sameAddress(String one, String other) {
            try {
                return InetAddress.getByName(one).equals(InetAddress.getByName(other));
            } catch (UnknownHostException e) {
                return false;
            }
        }
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        chains.checkClientTrusted(chain, authType, engine);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        chains.checkClientTrusted(chain, authType, socket);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        chains.checkClientTrusted(chain, authType);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return chains.getAcceptedIssuers();
    }
}
