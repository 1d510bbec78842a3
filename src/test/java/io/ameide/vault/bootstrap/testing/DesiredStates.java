package io.ameide.vault.bootstrap.testing;

/** Desired states that several tests go from. */
public final class DesiredStates {

    /** One of everything that a workload needs; its secrets are in {@code fixtures.json}, but for one. */
    public static final String SMALL = """
            policies:
              - name: readers
                rules: |
                  path "secret/data/*" { capabilities = ["read"] }
            secretEngines:
              - path: secret
                type: kv
                options: { version: "2" }
            authMethods:
              - path: approle
                type: approle
                roles:
                  - name: reader
                    token_policies: [readers]
                    token_ttl: 10m
            secrets:
              - fixtures: fixtures.json
              - name: generated-password
                generate: { length: 24, charset: alphanumeric }
            """;

    private DesiredStates() {}
}
