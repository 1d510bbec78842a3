package io.ameide.vault.bootstrap.cli;

import picocli.CommandLine;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;

/** Makes commands that can be looked at and not be run. */
final class WithoutDependencies implements CommandLine.IFactory {

    @Override
    public <K> K create(Class<K> type) throws Exception {
        if (!type.getPackage().equals(TopCommand.class.getPackage())) {
            return CommandLine.defaultFactory().create(type);
        }
        Constructor<?> constructor = type.getDeclaredConstructors()[0];
        try {
            return type.cast(constructor.newInstance(new Object[constructor.getParameterCount()]));
        } catch (InvocationTargetException e) {
            throw new IllegalStateException(type + " does more in its constructor than keep what it gets", e);
        }
    }
}
