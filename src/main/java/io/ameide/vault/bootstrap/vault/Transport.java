package io.ameide.vault.bootstrap.vault;

import javax.net.ssl.SSLParameters;

import java.net.http.HttpClient;
import java.time.Duration;
import java.util.concurrent.Executors;

/**
 * How nodes are reached: one HTTP client for all of them, TLS 1.2 at least. Redirects are not followed: a standby's
 * redirect would carry the token to a host nobody named.
 *
 * @param connectTimeout how long a connection may take to come up
 * @param requestTimeout how long an answer may take to begin
 */
public record Transport(TlsSettings tls, Duration connectTimeout, Duration requestTimeout) {

    /**
     * How many bytes the JDK's client reads at once. With its own 16 KiB, a snapshot of a gigabyte costs a third more CPU. A
     * small answer takes a slice of such a buffer, so that many of them take no more memory.
     */
    private static final String BUFFER_SIZE = "jdk.httpclient.bufsize";

    /** @throws NodeException.Unreachable when a file that TLS needs cannot be used */
    HttpClient client() {
        // There is no other way to say so, and the first client of the process looks.
        System.getProperties().putIfAbsent(BUFFER_SIZE, String.valueOf(128 * 1024));
        SSLParameters parameters = new SSLParameters();
        parameters.setProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(connectTimeout)
                .executor(Executors.newVirtualThreadPerTaskExecutor())
                .sslContext(tls.context())
                .sslParameters(parameters)
                .build();
    }
}
