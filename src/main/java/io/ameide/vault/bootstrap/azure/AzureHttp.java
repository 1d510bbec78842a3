package io.ameide.vault.bootstrap.azure;

import com.azure.core.http.jdk.httpclient.JdkHttpClientBuilder;

/** The HTTP client of the Azure SDK. */
public final class AzureHttp {

    private static final String HOME = "java.home";

    private AzureHttp() {}

    /**
     * A client on the HTTP client of the JDK, its limits of time yet to be set. The SDK reads the JDK's net.properties and
     * goes on without that file, but not without the property that says where the JDK is. A native binary has neither.
     */
    public static JdkHttpClientBuilder client() {
        if (System.getProperty(HOME) == null) {
            System.setProperty(HOME, "");
        }
        return new JdkHttpClientBuilder();
    }
}
