package io.ameide.vault.bootstrap.testing;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import static org.assertj.core.api.Assertions.assertThat;

class RealServerTest {

    @RegisterExtension
    static final RealServer SHARED = RealServer.unsealed();

    @RegisterExtension
    final RealServer fresh = RealServer.empty();

    @Test
    void sharedNodeServesItsRootToken() {
        assertThat(SHARED.health()).isEqualTo(200);
        assertThat(SHARED.read("auth/token/lookup-self").at("/data/policies/0").textValue())
                .isEqualTo("root");
        assertThat(SHARED.call("LIST", "auth/token/accessors", "").body().at("/data/keys"))
                .hasSize(1);
    }

    @Test
    void freshNodeIsEmpty() {
        assertThat(fresh.health()).isEqualTo(501);
        assertThat(fresh.address()).isNotEqualTo(SHARED.address());
    }

    @Test
    void freshNodeUnsealsWithTheSharesItGave() {
        fresh.initialize(3, 2);

        assertThat(fresh.shares()).hasSize(3);
        assertThat(fresh.health()).isEqualTo(503);
        fresh.unseal();
        assertThat(fresh.health()).isEqualTo(200);

        fresh.restart();
        assertThat(fresh.health()).isEqualTo(503);
    }

    @Test
    void auditLogOfOpenBaoHoldsTheRequests() {
        SHARED.read("sys/mounts");

        SHARED.auditLog().ifPresent(file -> assertThat(file).content().contains("\"path\":\"sys/mounts\""));
    }
}
