package io.ameide.vault.bootstrap;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleName;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

/** Which package may know which. A package that is not named here has to find its place first. */
class PackageDirectionTest {

    private static final String ROOT = "io.ameide.vault.bootstrap";

    private static final Set<String> BASE =
            Set.of("tick", "desired", "vault", "kubernetes", "openpgp", "azure", "sensitive", "files");

    /** What each package may import of ours; {@code cli}, which composes all of it, is free. */
    private static final Map<String, Set<String>> ALLOWED = Map.ofEntries(
            Map.entry("sensitive", Set.of()),
            Map.entry("files", Set.of()),
            Map.entry("vault", Set.of("sensitive")),
            Map.entry("kubernetes", Set.of("sensitive")),
            Map.entry("tick", Set.of("vault", "kubernetes", "sensitive")),
            Map.entry("desired", Set.of("tick", "sensitive", "files")),
            Map.entry("openpgp", Set.of("tick", "sensitive", "files")),
            Map.entry("azure", Set.of("tick")),
            Map.entry("sandbox", Set.of("tick")),
            Map.entry("observe", BASE),
            Map.entry("diagnosis", Set.of("tick", "vault", "kubernetes", "sensitive")),
            Map.entry("custody", BASE),
            Map.entry("configure", BASE),
            Map.entry("secrets", BASE),
            Map.entry("snapshot", BASE),
            Map.entry("seal", with(BASE, "custody")),
            Map.entry("drill", with(BASE, "snapshot", "sandbox", "custody")),
            Map.entry("access", with(BASE, "custody")),
            Map.entry("coverage", with(BASE, "secrets")),
            Map.entry("migration", with(BASE, "secrets")));

    private static JavaClasses classes;

    @BeforeAll
    static void read() {
        classes = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages(ROOT);
    }

    static Stream<String> packages() {
        return ALLOWED.keySet().stream().sorted();
    }

    @ParameterizedTest
    @MethodSource("packages")
    void importsOnlyWhatLiesBelow(String name) {
        noClasses()
                .that()
                .resideInAPackage(in(name))
                .should()
                .dependOnClassesThat(oursOutside(with(ALLOWED.get(name), name)))
                .allowEmptyShould(true) // a package may be planned and not there yet
                .check(classes);
    }

    @Test
    void everyPackageHasItsPlace() {
        Set<String> found = classes.stream()
                .map(JavaClass::getPackageName)
                .filter(name -> name.startsWith(ROOT + "."))
                .map(name -> name.substring(ROOT.length() + 1).split("\\.")[0])
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(found).contains("vault", "tick", "seal").isSubsetOf(with(ALLOWED.keySet(), "cli"));
    }

    @Test
    void noCycles() {
        SlicesRuleDefinition.slices()
                .matching(ROOT + ".(*)..")
                .should()
                .beFreeOfCycles()
                .check(classes);
    }

    @Test
    void onlyVaultSpeaksToANode() {
        noClasses()
                .that(resideInAPackage(ROOT + "..").and(DescribedPredicate.not(resideInAPackage(in("vault")))))
                .should()
                .dependOnClassesThat(resideInAPackage("io.quarkus.vault.."))
                .check(classes);
        noClasses()
                .that(resideInAPackage(ROOT + "..")
                        .and(DescribedPredicate.not(resideInAnyPackage(in("vault"), in("sandbox"))))
                        // Asks only the application itself, and only while developing.
                        .and(DescribedPredicate.not(simpleName("LiveReload"))))
                .should()
                .dependOnClassesThat(resideInAPackage("java.net.http.."))
                .check(classes);
    }

    private static DescribedPredicate<JavaClass> oursOutside(Set<String> allowed) {
        String[] packages = allowed.stream().map(PackageDirectionTest::in).toArray(String[]::new);
        return describe(
                "are ours and outside " + new TreeSet<>(allowed),
                type -> resideInAPackage(ROOT + "..").test(type)
                        && !resideInAnyPackage(packages).test(type));
    }

    private static String in(String name) {
        return ROOT + "." + name + "..";
    }

    private static Set<String> with(Set<String> names, String... more) {
        Set<String> all = new TreeSet<>(names);
        all.addAll(Set.of(more));
        return all;
    }
}
