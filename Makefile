# The one front door. `make` lists what there is.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
export PATH := $(or $(ERS_TOOLS),$(HOME)/.cache/ers/tools)/node/bin:$(HOME)/.cargo/bin:$(PATH)

CARGO ?= cargo
CARGO_TARGET_DIR ?= $(CURDIR)/target
export CARGO_TARGET_DIR

# dev builds quickly, release runs quickly: make run PROFILE=release
PROFILE ?= dev
PROFILE_DIR := $(CARGO_TARGET_DIR)/$(if $(filter dev,$(PROFILE)),debug,$(PROFILE))
# binaries of the platform: `ers` and one for each service
BINARIES := -p ers -p signer -p cara-ws -p clm-api -p clm-ui -p cara-admin -p rev-info -p acme -p scep -p est -p cmp
# images that can be built from this checkout; `cli` is the command line, which the chart's init jobs run
SERVICES ?= cli $(patsubst services/%/Cargo.toml,%,$(filter-out services/ers/%,$(wildcard services/*/Cargo.toml)))
TAG ?= 0.1.0
IMAGE_PROFILE ?= release
# e.g. make test STORIES='-k certbot'
STORIES ?=
STORY_WORKERS ?= 4
FUZZ_SECONDS ?= 60
# e.g. make fuzz FUZZ_TARGETS=cms,pki_message
FUZZ_TARGETS ?=
PEERS ?= 2000
# entries of `make bench-journal`
N ?= 10000000
# by EST in `make bench-memory`
CERTIFICATES ?= 3000
DATABASES ?=

.PHONY: help
help: ## This list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: ## Build ERS and run it on this machine (data in ./data; ARGS='--data DIR' for elsewhere)
	@$(MAKE) --no-print-directory ui
	@$(CARGO) build --locked --profile $(PROFILE) -p ers
	@exec $(PROFILE_DIR)/ers up $(ARGS)

.PHONY: ui
ui: ## Build the web apps, when their sources changed; `ers`, `clm-ui` and `cara-admin` built after it have them inside
	@scripts/setup.sh run
	@$(MAKE) --no-print-directory $(UI_APP)

# the last one that a build makes
UI_APP := ui/cara-admin/dist/index.html
UI_PACKAGES := ui/node_modules/.package-lock.json
UI_SOURCES := $(shell find ui \( -name node_modules -o -name dist -o -name generated -o -name stories \) -prune -o -type f ! -name '*.test.*' -print)

$(UI_APP): $(UI_PACKAGES) $(UI_SOURCES) docs/generated/clm-api.openapi.json docs/generated/cara-ws.openapi.json
	@cd ui && npm run --silent build

$(UI_PACKAGES): ui/package.json ui/package-lock.json ui/frame/package.json ui/clm-ui/package.json ui/cara-admin/package.json
	# not `npm ci`: that wants packages for every platform in the lock file, which some registries do not serve
	@cd ui && npm install --no-save --no-audit --no-fund --loglevel error
	@touch $@

.PHONY: test
test: ui test-units test-ui test-stories ## All tests: units, properties, the web app, stories told by foreign clients

.PHONY: test-units
test-units: ## Unit, property and crate tests
	@scripts/setup.sh test
	@$(CARGO) test --locked --workspace

.PHONY: test-ui
test-ui: ## The web apps: types, format, components, and stories in a real browser against a running platform
	@scripts/setup.sh test
	@$(MAKE) --no-print-directory ui
	@cd ui && npm run --silent check && npm run --silent unit
	@$(CARGO) build --locked --profile $(PROFILE) -p ers
	@cd ui && ERS_BINARIES=$(PROFILE_DIR) npm run --silent stories

.PHONY: screenshots
screenshots: ## The pictures of the web apps in docs/pictures/ui, made anew
	@scripts/setup.sh test
	@$(MAKE) --no-print-directory ui
	@$(CARGO) build --locked --profile $(PROFILE) -p ers
	@cd ui && ERS_BINARIES=$(PROFILE_DIR) npm run --silent screenshots

.PHONY: test-stories
test-stories: ## The stories in e2e/ (STORIES='-k certbot' for some of them)
	@scripts/setup.sh test
	@$(MAKE) --no-print-directory ui
	@$(CARGO) build --locked --profile $(PROFILE) $(BINARIES)
	@ERS_BINARIES=$(PROFILE_DIR) /usr/bin/python3 -m pytest e2e -n $(STORY_WORKERS) --dist loadgroup $(STORIES)

.PHONY: test-chart
test-chart: ## The stories of the chart in e2e/helm/ (part of test-stories)
	@scripts/setup.sh test
	@ERS_BINARIES=$(PROFILE_DIR) /usr/bin/python3 -m pytest e2e/helm -n $(STORY_WORKERS) --dist loadgroup $(STORIES)

.PHONY: test-cluster
test-cluster: ## The chart installed into a Kubernetes API, which is built at first (e2e/cluster/)
	@scripts/setup.sh cluster
	@$(MAKE) --no-print-directory ui
	@$(CARGO) build --locked --profile $(PROFILE) $(BINARIES)
	@ERS_BINARIES=$(PROFILE_DIR) /usr/bin/python3 -m pytest e2e/cluster $(STORIES)

.PHONY: test-lego
test-lego: ## The web app's "renew now", seen by a lego that knows renewal information (ui/stories/lego/), built at first
	@scripts/setup.sh lego
	@$(MAKE) --no-print-directory ui
	@$(CARGO) build --locked --profile $(PROFILE) -p ers
	@cd ui && STORY_FOLDER=lego ERS_BINARIES=$(PROFILE_DIR) npm run --silent stories

.PHONY: test-cert-manager
test-cert-manager: ## cert-manager's own controllers beside a release: identities, and its ACME issuer (e2e/cert-manager/); built at first
	@scripts/setup.sh cert-manager
	@$(MAKE) --no-print-directory ui
	@$(CARGO) build --locked --profile $(PROFILE) $(BINARIES)
	@ERS_BINARIES=$(PROFILE_DIR) /usr/bin/python3 -m pytest e2e/cert-manager $(STORIES)

.PHONY: test-upgrade
test-upgrade: ## From the last release to this one and back, with the programs of both (e2e/upgrade/); builds the last one at first
	@scripts/setup.sh cluster
	@$(MAKE) --no-print-directory ui
	@$(CARGO) build --locked --profile $(PROFILE) $(BINARIES)
	@last=$$(scripts/last-release.sh) && \
	  ERS_LAST_RELEASE=$$last ERS_BINARIES=$(PROFILE_DIR) /usr/bin/python3 -m pytest e2e/upgrade $(STORIES)

.PHONY: test-images
test-images: ## The images, made of the programs that the stories run (e2e/images/)
	@scripts/setup.sh images
	@scripts/setup.sh test
	@$(MAKE) --no-print-directory ui
	@$(CARGO) build --locked --profile $(PROFILE) $(BINARIES)
	@ERS_BINARIES=$(PROFILE_DIR) /usr/bin/python3 -m pytest e2e/images $(STORIES)

.PHONY: test-keycloak
test-keycloak: ## The chart's realm in Keycloak, and people who log in there (e2e/keycloak/); Keycloak is fetched at first
	@scripts/setup.sh keycloak
	@$(MAKE) --no-print-directory ui
	@$(CARGO) build --locked --profile $(PROFILE) $(BINARIES)
	@ERS_BINARIES=$(PROFILE_DIR) /usr/bin/python3 -m pytest e2e/keycloak $(STORIES)

.PHONY: lint
lint: ## Formatting, clippy, dependency rules, scripts, landed migrations
	@scripts/setup.sh lint
	@$(CARGO) fmt --all --check
	@$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	@if command -v cargo-deny >/dev/null; then $(CARGO) fetch --locked --quiet; $(CARGO) deny --offline --log-level error check bans licenses sources; fi
	@if command -v shellcheck >/dev/null; then shellcheck scripts/*.sh .ci/run; fi
	@scripts/check-migrations.sh

.PHONY: lint-peers
lint-peers: ## Hold the certificate linter against zlint and pkilint on PEERS (2000) certificates of each sort
	@scripts/setup.sh test
	@ERS_PEERS_COUNT=$(PEERS) ERS_PEERS_SEED=$${ERS_PEERS_SEED:-$$RANDOM} $(CARGO) test --locked -p ers-pki --test peers -- --nocapture

.PHONY: fmt
fmt: ## Format the code
	@$(CARGO) fmt --all

.PHONY: bench
bench: ## Measure, as ratios to bare signatures per second in the same run
	@scripts/setup.sh test
	@bench/run

.PHONY: bench-journal
bench-journal: ## Verify a journal of N (10000000) entries on each database: rate, peak memory (DATABASES='postgres')
	@scripts/setup.sh test
	@$(CARGO) run --quiet --locked --profile bench-build -p signer --example bench_journal -- $(N) $(DATABASES)

.PHONY: bench-peers
bench-peers: ## Measure beside cfssl, pebble and nginx in the same run, and at 80 % and 300 % of what is possible
	@scripts/setup.sh test
	@bench/run --only enrollment,acme,ocsp,overload,peers --keys P-256 --callers 64,256

.PHONY: bench-token
bench-token: ## Measure CAs with keys on a SoftHSM2 token beside what the token does alone
	@scripts/setup.sh test
	@bench/run --only token --keys P-256,RSA-2048,RSA-3072,RSA-4096

.PHONY: bench-scale
bench-scale: ## Measure issuing, look-ups and searches over SCALE (10000,100000,1000000) certificates
	@scripts/setup.sh test
	@bench/run --scale $(or $(SCALE),10000,100000,1000000)

.PHONY: bench-inventory
bench-inventory: ## Measure every kind of search over N (1000000) certificates in CLM's inventory on PostgreSQL
	@scripts/setup.sh test
	@$(CARGO) build --quiet --locked --profile bench-build -p ers
	@bench/inventory $(N)

.PHONY: bench-memory
bench-memory: ## Measure what each service takes of memory and CPU, idle and after CERTIFICATES (3000), as the chart starts them
	@scripts/setup.sh test
	@$(MAKE) --no-print-directory ui
	@$(CARGO) build --locked --profile $(IMAGE_PROFILE) $(BINARIES)
	@N=$(CERTIFICATES) ERS_BINARIES=$(CARGO_TARGET_DIR)/$(IMAGE_PROFILE) /usr/bin/python3 bench/memory

.PHONY: generate
generate: ## Make every generated file anew
	@scripts/setup.sh run
	@scripts/generate.sh

.PHONY: verify
verify: generate ## Fail when a generated file is not what its source says
	@changed=$$(git status --porcelain -- '*/generated/*'); \
	if [[ -n $$changed ]]; then printf 'not as generated; commit the outcome of `make generate`:\n%s\n' "$$changed" >&2; exit 1; fi

.PHONY: fuzz
fuzz: ## Fuzz each parser for FUZZ_SECONDS (60): with libFuzzer when cargo-fuzz and nightly Rust are there, else on stable
	@scripts/setup.sh run
	@if $(CARGO) fuzz --version >/dev/null 2>&1 && $(CARGO) +nightly --version >/dev/null 2>&1; then \
	  for target in fuzz/fuzz_targets/*.rs; do \
	    name=$$(basename "$$target" .rs); \
	    [[ -z "$(FUZZ_TARGETS)" || ",$(FUZZ_TARGETS)," == *",$$name,"* ]] || continue; \
	    echo "fuzz: $$name"; \
	    $(CARGO) +nightly fuzz run "$$name" -- -max_total_time=$(FUZZ_SECONDS); \
	  done; \
	else \
	  export ERS_FUZZ_SECONDS=$(FUZZ_SECONDS) ERS_FUZZ_TARGETS=$(FUZZ_TARGETS) ERS_FUZZ_SEED=$${ERS_FUZZ_SEED:-$$RANDOM}; \
	  $(CARGO) test --locked -p ers-pki --test fuzz -- --nocapture; \
	  $(CARGO) test --locked -p acme --test stories fuzz -- --nocapture; \
	fi

.PHONY: images
images: ## Build the images as OCI archives in target/images (SERVICES='signer acme', TAG, REGISTRY)
	@scripts/setup.sh images
	@$(MAKE) --no-print-directory ui
	@$(CARGO) build --locked --profile $(IMAGE_PROFILE) $(patsubst %,-p %,$(patsubst cli,ers,$(SERVICES)))
	@REGISTRY=$(REGISTRY) scripts/images.sh $(CARGO_TARGET_DIR)/$(if $(filter dev,$(IMAGE_PROFILE)),debug,$(IMAGE_PROFILE)) target/images $(TAG) $(SERVICES)

.PHONY: clean
clean: ## Remove what builds have left; ./data stays
	@$(CARGO) clean
	@rm -rf e2e/.pytest_cache ui/node_modules ui/{clm-ui,cara-admin}/{dist,src/generated}
	@find e2e -name __pycache__ -type d -prune -exec rm -rf {} +
