/** Which secret keys are required, by whom, and whether they are there. */
package io.ameide.vault.bootstrap.coverage;
