package io.ameide.vault.bootstrap.vault;

import io.ameide.vault.bootstrap.sensitive.Sensitive;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

class QuotationTest {

    private static final Sensitive AWKWARD = Sensitive.of("say \"hi\"\\\n\tsecond\tline ü\n");

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    invalid duration "say \\"hi\\"\\\\\\n\\tsecond\\tline ü\\n"          | invalid duration "******\\n\\t******\\n"
                    invalid duration "say \\"hi\\"\\\\\\x0a\\x09second\\x09line \\xc3\\xbc" | invalid duration "******\\x0a\\x09******"
                    bad value say "hi"\\ second line ü, sorry                         | bad value ****** ******, sorry
                    line 2: second line \\u00fc                                       | line 2: ******
                    nothing of it                                                     | nothing of it
                    """)
    void secretIsMaskedHoweverItIsQuoted(String said, String told) {
        assertThat(Quotation.masked(said, List.of(AWKWARD))).isEqualTo(told);
    }

    @Test
    void longerSecretIsMaskedBeforeAnotherThatItContains() {
        assertThat(Quotation.masked("no pass-word-1 here", List.of(Sensitive.of("pass"), Sensitive.of("pass-word-1"))))
                .isEqualTo("no ****** here");
    }

    @Test
    void wordsOverSeveralLinesBecomeOneLine() {
        assertThat(Quotation.masked("2 errors:\n\t* one\n\t* two", List.of())).isEqualTo("2 errors: * one * two");
    }
}
