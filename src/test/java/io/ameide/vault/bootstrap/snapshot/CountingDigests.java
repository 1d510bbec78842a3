package io.ameide.vault.bootstrap.snapshot;

import java.security.MessageDigest;
import java.security.MessageDigestSpi;
import java.security.NoSuchAlgorithmException;
import java.security.NoSuchProviderException;
import java.security.Provider;
import java.security.Security;
import java.util.concurrent.atomic.AtomicLong;

/** Counts every byte that anything in this process hashes with SHA-256 until it is closed. */
final class CountingDigests extends Provider implements AutoCloseable {

    private static final long serialVersionUID = 1L;

    private final AtomicLong bytes = new AtomicLong();

    CountingDigests() {
        super("counting", "1", "SHA-256 of the platform, counted");
        putService(new Service(this, "MessageDigest", "SHA-256", Digest.class.getName(), null, null) {
            @Override
            public Object newInstance(Object parameter) {
                return new Digest(bytes);
            }
        });
        Security.insertProviderAt(this, 1);
    }

    long bytes() {
        return bytes.get();
    }

    @Override
    public void close() {
        Security.removeProvider(getName());
    }

    private static final class Digest extends MessageDigestSpi {

        private final AtomicLong counted;
        private final MessageDigest real;

        Digest(AtomicLong counted) {
            this.counted = counted;
            try {
                this.real = MessageDigest.getInstance("SHA-256", "SUN");
            } catch (NoSuchAlgorithmException | NoSuchProviderException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        protected void engineUpdate(byte input) {
            counted.incrementAndGet();
            real.update(input);
        }

        @Override
        protected void engineUpdate(byte[] input, int offset, int length) {
            counted.addAndGet(length);
            real.update(input, offset, length);
        }

        @Override
        protected byte[] engineDigest() {
            return real.digest();
        }

        @Override
        protected void engineReset() {
            real.reset();
        }
    }
}
