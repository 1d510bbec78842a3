package io.ameide.vault.bootstrap.vault;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class NodeAddressTest {

    @ParameterizedTest
    @CsvSource({
        "http://127.0.0.1:8200,        http://127.0.0.1:8200,   false",
        "https://vault.example,        https://vault.example,   true",
        "https://vault.example/,       https://vault.example,   true",
        "' http://127.0.0.1:8200 ',    http://127.0.0.1:8200,   false",
        "http://[::1]:8200,            http://[::1]:8200,       false",
    })
    void isReadAsPeopleWriteIt(String text, String address, boolean tls) {
        NodeAddress parsed = NodeAddress.parse(text);

        assertThat(parsed).hasToString(address);
        assertThat(parsed.tls()).isEqualTo(tls);
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1:8200,               is not a URL",
        "vault.example,                does not start with http:// or https://",
        "vault.example:8200,           does not start with http:// or https://",
        "tcp://127.0.0.1:8200,         does not start with http:// or https://",
        "'',                           does not start with http:// or https://",
        "http://,                      is not a URL",
        "http:///v1,                   names no host",
        "http://h:8200/v1,             goes on after the port",
        "http://h:8200?x=1,            goes on after the port",
        "http://h:8200#x,              goes on after the port",
        "http://a b,                   is not a URL",
    })
    void whatIsNoAddressIsRefusedInWords(String text, String matter) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> NodeAddress.parse(text))
                .withMessageContaining(matter);
    }

    @Test
    void credentialsAreRefusedAndNotRepeated() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> NodeAddress.parse("https://admin:s3ntinel@vault.example"))
                .withMessageContaining("holds credentials")
                .withMessageNotContaining("s3ntinel");
    }
}
