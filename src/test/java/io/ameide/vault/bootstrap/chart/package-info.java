/** The Helm chart: what it renders, what it refuses, and what is said about it. */
package io.ameide.vault.bootstrap.chart;
