# Every target finds its JDK through tools/jdk and Maven through ./mvnw; nothing else has to be installed.

MVNW = JAVA_HOME="$$(tools/jdk)" && export JAVA_HOME && exec ./mvnw -B

.DEFAULT_GOAL := help
.PHONY: help build native test test-native test-vault demo demo-ha dev bench kill-test format chart-table image clean server kubernetes helm promtool azurite buildah

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

build: ## package the application into target/quarkus-app
	@$(MVNW) -q -DskipTests package

native: ## build the native binary into target/vault-bootstrap-runner with the GraalVM or Mandrel in GRAALVM_HOME
	@GRAALVM_HOME="$$(tools/graalvm)" && export GRAALVM_HOME && $(MVNW) -q -DskipTests package -Dnative

test: server kubernetes helm promtool azurite buildah ## run all tests, those against the packaged application included
	@$(MVNW) verify

test-native: server kubernetes helm promtool azurite buildah ## build the native binary, and run the tests of the packaged application on it
	@GRAALVM_HOME="$$(tools/graalvm)" && export GRAALVM_HOME && $(MVNW) verify -Dnative -DskipUnitTests

test-vault: kubernetes helm promtool azurite ## run the same tests on HashiCorp Vault: VAULT_BINARY, one on PATH, built once, or of its image
	@BOOTSTRAP_SANDBOX_SERVER_BINARY="$$(tools/vault)" && export BOOTSTRAP_SANDBOX_SERVER_BINARY && $(MVNW) verify

demo: ## take an empty server to seeded and verified, twice; KEEP=1 leaves it running
	@tools/demo

demo-ha: ## take three nodes behind TLS through it as a ServiceAccount, and heal one; KEEP=1 leaves them running
	@tools/demo-ha

dev: server ## run with live reload and a server of its own
	@$(MVNW) quarkus:dev

bench: server ## measure what the figures in the documentation come from
	@bench/run

kill-test: server kubernetes helm promtool azurite ## kill a first tick, a snapshot and a restore at every request, and see them recover
	@$(MVNW) verify -Pkill-test

format: ## format the sources
	@$(MVNW) -q spotless:apply

image: ## build the container image with docker, podman or buildah: of the native binary, or with KIND=jvm of the jar
	@tools/image $(KIND)

chart-table: ## write the table of values in chart/README.md
	@$(MVNW) -q -DskipITs package -Dtest=ChartValuesTest -Dwrite-chart-table=true

clean: ## remove what was built
	@$(MVNW) -q clean

# A server binary that is named goes before the one that would be installed.
server:
	@test -n "$$BOOTSTRAP_SANDBOX_SERVER_BINARY" || tools/server >/dev/null

# etcd and an API server for the tests, built once; minutes the first time. Without them some tests are skipped, but not
# in continuous integration.
kubernetes:
	@tools/kubernetes >/dev/null || { test -z "$$CI" && echo "the tests that need an API server will be skipped" >&2; }

# Renders the chart for the tests.
helm:
	@tools/helm >/dev/null || { test -z "$$CI" && echo "the tests that render the chart will be skipped" >&2; }

# Checks the alerts of the chart, and tries them.
promtool:
	@tools/promtool >/dev/null || { test -z "$$CI" && echo "the tests that try the alerts will be skipped" >&2; }

# An emulator of Azure Blob Storage for the tests.
azurite:
	@tools/azurite >/dev/null || { test -z "$$CI" && echo "the tests that need Azure Blob Storage will be skipped" >&2; }

# Builds the container images for the tests, where no container engine is.
buildah:
	@tools/buildah >/dev/null || { test -z "$$CI" && echo "the tests that build container images will be skipped" >&2; }
