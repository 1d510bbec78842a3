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

    private static final String WITH_ANN = """
            policies:
              - { name: team, rules: 'path "%1$s/*" { capabilities = ["create", "read", "update"] }' }
            secretEngines:
              - { path: %1$s, type: kv, options: { version: "1" } }
            authMethods:
              - path: people
                type: userpass
                roles:
                  - { name: ann, password: p-1, token_policies: [team] }
            """;

    private DesiredStates() {}

    /** A KV version 1 engine, and a user of it: ann, whose password is {@code p-1}, at {@code auth/people}. */
    public static String withAnn(String engine) {
        return WITH_ANN.formatted(engine);
    }
}
