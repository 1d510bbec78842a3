package io.ameide.vault.bootstrap;

import com.azure.core.annotation.ServiceInterface;
import com.azure.core.annotation.UnexpectedResponseExceptionType;
import com.azure.core.http.jdk.httpclient.JdkHttpClientBuilder;
import com.azure.json.JsonSerializable;
import com.azure.xml.XmlSerializable;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.properties.HasName;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.net.URI;
import java.net.URL;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * A native binary holds what the build could see, and what is registered. This test finds what the program reaches by
 * reflection, and fails without a GraalVM where a registration is missing.
 */
class NativeRegistrationTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** The interfaces of the Azure SDK that this program sends requests through; the SDK implements them by proxies. */
    private static final List<String> SERVICES = List.of(
            "com.azure.storage.blob.implementation.BlobsImpl$BlobsService",
            "com.azure.storage.blob.implementation.BlockBlobsImpl$BlockBlobsService",
            "com.azure.storage.blob.implementation.ContainersImpl$ContainersService",
            "com.azure.security.keyvault.secrets.implementation.SecretClientImpl$SecretClientService");

    /** Their models are read from an answer's bytes, so that no interface names them. */
    private static final List<String> MODEL_PACKAGES = List.of(
            "com.azure.security.keyvault.secrets.implementation.models", "com.azure.security.keyvault.secrets.models");

    private static final JavaClasses OURS = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.ameide.vault.bootstrap");

    private static Map<String, List<JsonNode>> registered;
    private static Set<List<String>> proxies;

    @BeforeAll
    static void readRegistrations() throws IOException {
        List<JsonNode> entries = new ArrayList<>();
        proxies = new HashSet<>();
        for (JsonNode document : documents("reflect-config.json")) {
            document.forEach(entries::add);
        }
        for (JsonNode document : documents("proxy-config.json")) {
            document.forEach(proxy -> proxies.add(texts(proxy.isArray() ? proxy : proxy.path("interfaces"))));
        }
        for (JsonNode document : documents("reachability-metadata.json")) {
            document.path("reflection").forEach(entries::add);
        }
        registered = entries.stream()
                .filter(entry ->
                        entry.path("type").isTextual() || entry.path("name").isTextual())
                .collect(Collectors.groupingBy(
                        entry -> entry.path("type").asText(entry.path("name").asText())));
    }

    @Test
    void everyServiceOfTheAzureSdkHasItsProxy() {
        assertThat(SERVICES).allSatisfy(service -> assertThat(proxies).contains(List.of(service)));
    }

    @Test
    void everyModelThatTheAzureSdkReadsIsRegistered() {
        Set<String> missing = new TreeSet<>();
        for (Class<?> model : models()) {
            boolean json = JsonSerializable.class.isAssignableFrom(model);
            boolean read = json || XmlSerializable.class.isAssignableFrom(model);
            if (read && !offersMethod(model, json ? "fromJson" : "fromXml")) {
                missing.add(model.getName() + " with its methods");
            }
            if (!read && !offersConstructors(model)) {
                missing.add(model.getName() + " with its constructors");
            }
        }
        assertThat(missing)
                .as(
                        "types without an entry in reachability-metadata.json below src/main/resources/META-INF/native-image")
                .isEmpty();
    }

    /** What answers are turned into: bodies, headers, exceptions and what these hold. */
    private static Set<Class<?>> models() {
        Set<Class<?>> models = new HashSet<>();
        for (String name : SERVICES) {
            Class<?> service = load(name);
            assertThat(service.isAnnotationPresent(ServiceInterface.class)).isTrue();
            for (Method method : service.getDeclaredMethods()) {
                collect(method.getGenericReturnType(), models);
                for (var failure : method.getAnnotationsByType(UnexpectedResponseExceptionType.class)) {
                    models.add(failure.value());
                    held(failure.value()).forEach(models::add);
                }
            }
        }
        MODEL_PACKAGES.stream()
                .flatMap(name -> classesIn(name).stream())
                .filter(JsonSerializable.class::isAssignableFrom)
                .forEach(models::add);
        models.removeIf(model -> model.isInterface()
                || model.isEnum()
                || Modifier.isAbstract(model.getModifiers())
                || Modifier.isStatic(model.getModifiers()) && model.isMemberClass()
                || !model.getName().startsWith("com.azure."));
        assertThat(models).hasSizeGreaterThan(20);
        return models;
    }

    /** What an exception is made with, besides the response. */
    private static Stream<Class<?>> held(Class<?> exception) {
        return Arrays.stream(exception.getDeclaredConstructors())
                .flatMap(constructor -> Arrays.stream(constructor.getParameterTypes()))
                .filter(type ->
                        JsonSerializable.class.isAssignableFrom(type) || XmlSerializable.class.isAssignableFrom(type));
    }

    private static void collect(Type type, Set<Class<?>> found) {
        if (type instanceof Class<?> plain
                && (JsonSerializable.class.isAssignableFrom(plain)
                        || XmlSerializable.class.isAssignableFrom(plain)
                        || plain.getSimpleName().endsWith("Headers"))) {
            found.add(plain);
        } else if (type instanceof ParameterizedType generic) {
            for (Type argument : generic.getActualTypeArguments()) {
                collect(argument, found);
            }
        }
    }

    private static boolean offersMethod(Class<?> type, String method) {
        return entries(type)
                .anyMatch(entry -> entry.path("allDeclaredMethods").asBoolean()
                        || entry.path("allPublicMethods").asBoolean()
                        || names(entry.path("methods")).contains(method));
    }

    private static boolean offersConstructors(Class<?> type) {
        return entries(type)
                .anyMatch(entry -> entry.path("allDeclaredConstructors").asBoolean()
                        || entry.path("allPublicConstructors").asBoolean()
                        || names(entry.path("methods")).contains("<init>"));
    }

    private static Stream<JsonNode> entries(Class<?> type) {
        return registered.getOrDefault(type.getName(), List.of()).stream();
    }

    /** A profile is a file that is looked for beside application.properties. */
    @Test
    void everyProfileIsInTheBinary() throws IOException {
        Properties properties = new Properties();
        Path resources = Path.of("src", "main", "resources");
        try (InputStream file = Files.newInputStream(resources.resolve("application.properties"))) {
            properties.load(file);
        }
        List<String> included = List.of(
                properties.getProperty("quarkus.native.resources.includes").split(","));
        try (Stream<Path> files = Files.list(resources)) {
            assertThat(files.map(file -> file.getFileName().toString())
                            .filter(name -> name.startsWith("application") && name.endsWith(".properties")))
                    .allSatisfy(name -> assertThat(included)
                            .anyMatch(pattern ->
                                    name.matches(pattern.replace(".", "\\.").replace("*", ".*"))));
        }
    }

    /** These keep HTTP clients and what they found on the class path in static fields. */
    @Test
    void theAzureSdkIsInitializedWhenTheProgramRuns() throws IOException {
        Properties properties = new Properties();
        try (InputStream file = Files.newInputStream(Path.of(
                "src/main/resources/META-INF/native-image/io.ameide.vault/vault-bootstrap/native-image.properties"))) {
            properties.load(file);
        }
        String later = properties.getProperty("Args").replaceFirst(".*--initialize-at-run-time=(\\S+).*", "$1");
        List<String> holders = OURS.stream()
                .filter(type -> type.getFields().stream()
                        .filter(field -> field.getModifiers().contains(JavaModifier.STATIC))
                        .anyMatch(field -> isAzure(field.getRawType())))
                .map(JavaClass::getName)
                .toList();

        assertThat(later.split(","))
                .contains("com.azure", "com.microsoft.aad.msal4j")
                .containsAll(holders);
    }

    private static boolean isAzure(JavaClass type) {
        return type.getName().startsWith("com.azure.") || type.getName().startsWith("com.microsoft.aad.");
    }

    /** It fails in a native binary unless it is made where that is taken care of. */
    @Test
    void httpClientOfTheAzureSdkIsMadeInOnePlace() {
        noClasses()
                .that()
                .doNotHaveSimpleName("AzureHttp")
                .should()
                .callConstructor(JdkHttpClientBuilder.class)
                .check(OURS);
    }

    /** What is not there needs no registration. */
    @Test
    void ourOwnCodeUsesNoReflection() {
        noClasses().should().callMethod(Class.class, "forName", String.class).check(OURS);
        noClasses().should().callMethod(Class.class, "getDeclaredMethods").check(OURS);
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAPackage("java.lang.reflect")
                .check(OURS);
        for (String binding : List.of("readValue", "treeToValue", "convertValue")) {
            noClasses()
                    .should()
                    .callMethodWhere(JavaCall.Predicates.target(HasName.Predicates.name(binding)))
                    .check(OURS);
        }
    }

    private static Class<?> load(String name) {
        try {
            return Class.forName(name, false, NativeRegistrationTest.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new AssertionError("the Azure SDK has no " + name + " any more", e);
        }
    }

    private static List<Class<?>> classesIn(String packageName) {
        String folder = packageName.replace('.', '/');
        URL jar = NativeRegistrationTest.class.getClassLoader().getResource(folder);
        assertThat(jar).as(packageName).isNotNull();
        try (FileSystem files =
                        FileSystems.newFileSystem(URI.create(jar.toString().replaceFirst("!.*", "")), Map.of());
                Stream<Path> classes = Files.list(files.getPath(folder))) {
            return classes.map(path -> path.getFileName().toString())
                    .filter(name -> name.endsWith(".class"))
                    .<Class<?>>map(name -> load(packageName + "." + name.replaceFirst("\\.class$", "")))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> names(JsonNode methods) {
        List<String> names = new ArrayList<>();
        methods.forEach(method -> names.add(method.path("name").asText()));
        return names;
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(text -> texts.add(text.asText()));
        return texts;
    }

    /** Of all libraries on the class path and of this program. */
    private static List<JsonNode> documents(String name) throws IOException {
        List<JsonNode> documents = new ArrayList<>();
        for (URL root :
                Collections.list(NativeRegistrationTest.class.getClassLoader().getResources("META-INF/native-image"))) {
            if (root.getProtocol().equals("file")) {
                read(Path.of(URI.create(root.toString())), name, documents);
            } else {
                try (FileSystem jar =
                        FileSystems.newFileSystem(URI.create(root.toString().replaceFirst("!.*", "")), Map.of())) {
                    read(jar.getPath("META-INF/native-image"), name, documents);
                }
            }
        }
        return documents;
    }

    private static void read(Path folder, String name, List<JsonNode> documents) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(found -> found.endsWith(name)).toList()) {
                documents.add(JSON.readTree(Files.readString(file)));
            }
        }
    }
}
