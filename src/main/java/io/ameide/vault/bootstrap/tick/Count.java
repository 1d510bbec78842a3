package io.ameide.vault.bootstrap.tick;

/** A number of things in words, for example {@code 1 read} or {@code 3 policies}. */
public final class Count {

    private Count() {}

    /** With the plural in -s. */
    public static String of(long number, String one) {
        return of(number, one, one + "s");
    }

    public static String of(long number, String one, String many) {
        return number + " " + (number == 1 ? one : many);
    }
}
