package io.ameide.vault.bootstrap.testing;

/** What servers parse when they are given one. Nobody keeps the private keys. */
public final class Certificates {

    /** A certificate that signs itself, in PEM, good for a century. */
    public static final String AUTHORITY = """
            -----BEGIN CERTIFICATE-----
            MIIBdjCCARugAwIBAgIUDgl6cm3tFFck65sxATuXnLAEZtIwCgYIKoZIzj0EAwIw
            DzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjIwMTU3MzdaGA8yMTI2MTAyOTAxNTcz
            N1owDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABF0c
            Q9JGrJfdQCWV4rAAz4dvhnOLavODR9mZNh/MWBXIrDaTHr8p943vL7LrgETVuabd
            IT3NlZ5RaC7Gc4Gw/dWjUzBRMB0GA1UdDgQWBBT9EMwQRnsduwPtaJ/8nPoMwnBi
            SjAfBgNVHSMEGDAWgBT9EMwQRnsduwPtaJ/8nPoMwnBiSjAPBgNVHRMBAf8EBTAD
            AQH/MAoGCCqGSM49BAMCA0kAMEYCIQCTouoIf069/y8n2rayVqEO3ltwYZl4ldFK
            w/S7oXDZVAIhAPXfVWxWxVRuWTXpul5KNkwZHgrgoKA6niHmk1h+FEkR
            -----END CERTIFICATE-----
            """;

    /** An RSA public key, in PEM. */
    public static final String PUBLIC_KEY = """
            -----BEGIN PUBLIC KEY-----
            MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAyplBWaDahqFGJfL2j1/7
            /j4risOSNNmfcqmHyzB4VGHzyV1fpborDL0RlJhztQCgYKagscKNynxMHMkkyNqf
            lfbWDEW7oBaagTERmQIR9d5ESr5KuOWMl1/gNUMzQHHgCmuIIe3Ww+yNUv7n9vvQ
            vRzHGbgHwxIqszKcuoaTXp1Mv7gNEwp8umrt4NnvY5ib71iP1qvxVwzvvNDQKdEe
            AZGQNlBG/92Niyz3NcE0dC84bqcwY3GwWi0M7rmUi/XLws1Bh4DI3MoEQmdDHSHa
            x6KkJnTlngLNVWnnS8vd7bLvyVEml6xvJELcaWFmNA+xccAXaORZ0VTwdXJQEDvc
            wQIDAQAB
            -----END PUBLIC KEY-----
            """;

    private Certificates() {}
}
