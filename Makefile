# Every target sets up what it needs. `make demo` and `make test` are all that a newcomer has to know.
SHELL := /bin/bash
CARGO ?= cargo

AGENT_TARGETS ?= x86_64

.PHONY: agent help demo demo-down test lint build man packages test-list bench-config bench-hosts bench-provision fuzz

FUZZ_SECONDS ?= 240
FUZZ_TARGETS ?= yaml inventory vault patterns templates

help: ## Show the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

packages: # what the build needs from Debian; the lab installs what it needs by itself
	@tests/setup packages

build: packages ## Build the binaries as they are released
	$(CARGO) build --release --locked --features libvirt --bins

agent: packages ## Build the agent that is sent to hosts, beside ymir
	@tests/setup agent-target $(AGENT_TARGETS) | while read -r architecture target flags; do \
	  RUSTFLAGS="$$flags" $(CARGO) build --locked --profile agent --no-default-features --bin ymir-agent \
	    --target "$$target" --target-dir target/agents || exit 1; \
	  for profile in debug release; do \
	    install -D "target/agents/$$target/agent/ymir-agent" "target/$$profile/ymir-agent-$$architecture"; \
	  done; \
	done

man: ## Write the manual pages to target/man
	$(CARGO) run --quiet --locked -- man target/man/man1

demo: build ## From nothing to two running hosts: lab, images, bare metal, SSH
	@tests/demo up

demo-down: ## Take the demo down again; only the cache stays
	@tests/demo down

test: packages ## Set up what the tests need and run all of them
	@tests/run

test-list: ## Write the list of executed tests anew, after a full `make test`
	@tests/run --accept

lint: ## Format, lints, dependencies
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets --features libvirt -- -D warnings
	@tests/setup cargo-deny
	$(CARGO) deny --log-level error check bans licenses sources

fuzz: packages ## Feed what reads configurations with random bytes, FUZZ_SECONDS for each of FUZZ_TARGETS
	@tests/setup fuzz
	@tests/fuzz/run $(FUZZ_SECONDS) $(FUZZ_TARGETS)

bench-config: packages ## Read configurations with Ymir and with Kayobe, side by side
	@benches/config

bench-hosts: packages ## Configure hosts with Ymir and with Kayobe, side by side; needs root
	@benches/hosts

bench-provision: packages ## Take a thousand nodes of a real Ironic through their life, with Ymir and as Kayobe does
	@benches/provision
