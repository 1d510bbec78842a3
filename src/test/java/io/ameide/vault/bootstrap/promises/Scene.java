package io.ameide.vault.bootstrap.promises;

import io.ameide.vault.bootstrap.testing.LoopbackProxy;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Exchange;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Hook;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Point;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Verdict;
import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Running;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Empty servers, a folder for all that the application keeps there, and a proxy through which it has to go. */
abstract class Scene implements Site, AutoCloseable {

    /** How the process is struck. */
    enum Blow {
        KILL,
        TERMINATE
    }

    /**
     * What became of a tick that was to be struck.
     *
     * @param struck whether it came to the place at all
     */
    record Struck(Result result, boolean struck) {}

    private final LoopbackProxy proxy;
    private final PackagedApplication application;
    private final List<String> earlierWrites = new ArrayList<>();

    /** @param application three shares, of which two unseal */
    Scene(LoopbackProxy proxy, PackagedApplication application) {
        this.proxy = proxy;
        this.application = application;
    }

    @Override
    public void close() {
        proxy.close();
    }

    LoopbackProxy proxy() {
        return proxy;
    }

    PackagedApplication application() {
        return application;
    }

    @Override
    public Path folder() {
        return application.folder();
    }

    /** A request under the name that it has in every scene, whatever that calls its own parts. */
    abstract Exchange place(Exchange exchange);

    /** Whether it belongs to each tick, also where nothing is to change: a login, a token given back, a lock. */
    abstract boolean everyTick(Exchange exchange);

    /** Whether it shows that the shares which init gave are in custody. */
    abstract boolean storedShares(Exchange later);

    /** What the application asked since the last tick began. */
    List<Exchange> requests() {
        return proxy.exchanges().stream()
                // What one server asks another to let it join.
                .filter(exchange -> !exchange.path().startsWith("/v1/sys/storage/raft/bootstrap/"))
                .map(this::place)
                .toList();
    }

    /**
     * Whether a server told shares in the last tick which that one may not have stored, or would have told them: one that was
     * asked goes on when who asked is dead.
     */
    boolean sharesMayBeLost() {
        List<Exchange> requests = requests();
        return requests.stream()
                .filter(exchange -> exchange.write()
                        && exchange.path().equals(Strike.INIT)
                        && exchange.status().orElse(200) == 200)
                .anyMatch(init -> requests.stream()
                        .filter(exchange -> exchange.number() > init.number())
                        .noneMatch(this::storedShares));
    }

    @Override
    public Result tick() {
        begin();
        return application.run("run", "--output", "json");
    }

    /** One tick that is another one than the scene's in that. */
    Result tick(String variable, String value) {
        begin();
        return application.with(variable, value).run("run", "--output", "json");
    }

    /**
     * One tick in which a hook runs.
     *
     * @param when asked about requests under the names of {@link #place}
     */
    Result tick(Point point, Predicate<Exchange> when, Hook hook) {
        begin();
        proxy.on(point, exchange -> when.test(place(exchange)), hook);
        return application.run("run", "--output", "json");
    }

    /** One tick whose process gets the blow at that place. */
    Struck tick(Strike strike, Blow blow) {
        begin();
        var running = new CompletableFuture<Running>();
        var struck = new AtomicBoolean();
        proxy.on(strike.point(), exchange -> strike.hits(place(exchange), requests()), exchange -> {
            struck.set(true);
            return switch (blow) {
                case KILL -> {
                    running.join().kill();
                    running.join().await();
                    yield Verdict.DROP_ALL;
                }
                case TERMINATE -> {
                    running.join().terminate();
                    awaitNoticed(running.join());
                    yield Verdict.PROCEED;
                }
            };
        });
        running.complete(application.start("run", "--output", "json"));
        return new Struck(running.join().await(), struck.get());
    }

    /**
     * Returns when the process has begun to end itself, so that whatever is answered now is answered to a process that
     * knows; a JVM tells it by the name of a thread. Where nothing tells it the test goes on, and strikes less exactly.
     */
    private static void awaitNoticed(Running running) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
        while (running.alive() && System.nanoTime() - deadline < 0) {
            if (running.threads().contains("SIGTERM handler")) {
                return;
            }
            Thread.sleep(5);
        }
    }

    private void begin() {
        earlierWrites.addAll(writes());
        proxy.reset();
    }

    @Override
    public List<String> writes() {
        return requests().stream()
                .filter(exchange -> exchange.write() && !everyTick(exchange))
                .map(exchange -> exchange.method() + " " + exchange.path())
                .toList();
    }

    @Override
    public List<String> allWrites() {
        return Stream.concat(earlierWrites.stream(), writes().stream()).toList();
    }
}
