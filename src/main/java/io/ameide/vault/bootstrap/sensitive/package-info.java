/**
 * Values that must never show: the one type that carries them, below every other package so that all of them can use
 * it.
 */
package io.ameide.vault.bootstrap.sensitive;
