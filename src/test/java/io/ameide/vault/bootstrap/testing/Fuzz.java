package io.ameide.vault.bootstrap.testing;

import com.sun.management.ThreadMXBean;

import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Feeds a parser with what is nearly valid and with what is not at all. Every case follows from a seed and a number: {@code
 * -Dfuzz.seed} and {@code -Dfuzz.case} repeat one, {@code -Dfuzz.seconds} sets how long each parser is tried.
 */
public final class Fuzz {

    private static final long SEED = Long.getLong("fuzz.seed", System.nanoTime() & 0xFFFFFFFFL);
    private static final Duration TIME = Duration.ofSeconds(Integer.getInteger("fuzz.seconds", 4));
    private static final Duration CASE_LIMIT = Duration.ofSeconds(10);

    /** Of allocations, not of what lives: with a heap of that size no case can fail. */
    private static final long CASE_BYTES = 768L << 20;

    private static final int MOST_REPEATED = 20_000;
    private static final int LARGEST_CASE = 4 << 20;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private static final List<String> EXTREMES = List.of(
            "0",
            "-1",
            "2147483648",
            "9223372036854775807",
            "-9223372036854775808",
            "18446744073709551616",
            "1e999",
            "-0.0",
            "NaN",
            "null",
            "true",
            "\"\"",
            "[]",
            "{}",
            "[null]",
            "\"\\uD800\"",
            "\u0000",
            "\uFEFF",
            "\u2028",
            "+999999999-12-31T23:59:59Z",
            "999999999999999999d");

    private final List<byte[]> samples;
    private final List<String> words;

    /** Something that parses; whatever the parser declares, it catches itself. */
    @FunctionalInterface
    public interface Parsing {
        void parse(byte[] input) throws Exception;
    }

    /**
     * @param samples valid inputs, at least one
     * @param words what the format consists of
     */
    public Fuzz(List<byte[]> samples, String... words) {
        this.samples = samples;
        this.words = List.of(words);
    }

    public static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** @throws AssertionError with seed and number of the first case that throws anything, or takes too long or too much */
    public void run(Parsing parsing) {
        Integer only = Integer.getInteger("fuzz.case");
        long end = System.nanoTime() + TIME.toNanos();
        ExecutorService thread = Executors.newSingleThreadExecutor(task -> {
            Thread worker = new Thread(task, "fuzz");
            worker.setDaemon(true);
            return worker;
        });
        try {
            for (int number = only == null ? 0 : only; System.nanoTime() < end; number++) {
                check(thread, parsing, number);
                if (only != null) {
                    return;
                }
            }
        } finally {
            thread.shutdownNow();
        }
    }

    private void check(ExecutorService thread, Parsing parsing, int number) {
        byte[] input = input(number);
        Future<Long> allocated = thread.submit(() -> {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            parsing.parse(input);
            return THREADS.getCurrentThreadAllocatedBytes() - before;
        });
        try {
            long bytes = allocated.get(CASE_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
            if (bytes > CASE_BYTES) {
                throw failure(number, input, "allocates %d bytes".formatted(bytes), null);
            }
        } catch (ExecutionException e) {
            throw failure(number, input, "throws " + e.getCause(), e.getCause());
        } catch (TimeoutException e) {
            throw failure(number, input, "takes more than " + CASE_LIMIT, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private static AssertionError failure(int number, byte[] input, String what, Throwable cause) {
        String shown = new String(input, 0, Math.min(input.length, 300), StandardCharsets.ISO_8859_1);
        return new AssertionError(
                "%s; repeat with -Dfuzz.seed=%d -Dfuzz.case=%d; %d bytes, beginning with%n%s"
                        .formatted(what, SEED, number, input.length, shown),
                cause);
    }

    private byte[] input(int number) {
        // Neighbouring seeds give neighbouring first numbers, which a multiplication spreads.
        Random random = new Random(SEED * 1_000_003 + number * 0x9E3779B97F4A7C15L);
        if (number < samples.size()) {
            return samples.get(number);
        }
        if (random.nextInt(8) == 0) {
            return garbage(random);
        }
        byte[] input = any(samples, random);
        for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
            byte[] changed = changed(input, random);
            input = changed.length > LARGEST_CASE ? input : changed;
        }
        return input;
    }

    private byte[] garbage(Random random) {
        var out = new ByteArrayOutputStream();
        for (int parts = random.nextInt(40); parts > 0; parts--) {
            out.writeBytes(word(random));
        }
        return out.toByteArray();
    }

    private byte[] changed(byte[] input, Random random) {
        int from = random.nextInt(input.length + 1);
        int to = Math.min(input.length, from + random.nextInt(random.nextBoolean() ? 8 : input.length + 1));
        return switch (random.nextInt(9)) {
            case 0 -> replaced(input, from, Math.min(from + 1, input.length), new byte[] {(byte) random.nextInt(256)});
            case 1 -> replaced(input, from, to, new byte[0]);
            case 2 -> replaced(input, from, from, word(random));
            case 3 -> replaced(input, from, to, word(random));
            case 4 -> Arrays.copyOf(input, from);
            case 5 -> replaced(input, from, from, Arrays.copyOfRange(input, from, to));
            case 6 -> spliced(input, from, any(samples, random), random);
            case 7 -> replaced(input, from, from, repeated(word(random), random));
            default -> numberReplaced(input, random);
        };
    }

    private static byte[] replaced(byte[] input, int from, int to, byte[] by) {
        var out = new ByteArrayOutputStream();
        out.write(input, 0, from);
        out.writeBytes(by);
        out.write(input, to, input.length - to);
        return out.toByteArray();
    }

    private static byte[] spliced(byte[] input, int from, byte[] other, Random random) {
        int start = random.nextInt(other.length + 1);
        return replaced(input, from, input.length, Arrays.copyOfRange(other, start, other.length));
    }

    private static byte[] repeated(byte[] word, Random random) {
        int times = random.nextInt(random.nextInt(10) == 0 ? MOST_REPEATED : 60);
        var out = new ByteArrayOutputStream();
        for (int i = 0; i < times; i++) {
            out.writeBytes(word);
        }
        return out.toByteArray();
    }

    private static byte[] numberReplaced(byte[] input, Random random) {
        int from = random.nextInt(input.length + 1);
        while (from < input.length && !Character.isDigit(input[from])) {
            from++;
        }
        int to = from;
        while (to < input.length && Character.isDigit(input[to])) {
            to++;
        }
        return replaced(input, from, to, bytes(any(EXTREMES, random)));
    }

    private byte[] word(Random random) {
        return bytes(random.nextInt(4) == 0 ? any(EXTREMES, random) : any(words, random));
    }

    private static <T> T any(List<T> list, Random random) {
        return list.get(random.nextInt(list.size()));
    }

    /** So that a run that fails elsewhere can be repeated too. */
    public static String seed() {
        return "fuzz.seed=" + SEED;
    }
}
