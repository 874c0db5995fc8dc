# Every target below is one that a person types. `make` alone lists them.
SWIFT ?= swift
PREFIX ?= /usr/local
RELEASE = .build/release

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what building and testing need (Debian packages, Python clients)
	@scripts/setup

build: setup ## build the release binaries: .build/release/apus
	$(SWIFT) build -c release --product apus
	$(SWIFT) build -c release --product apus-supervisor

demo: build ## run the example workflows on this machine
	@scripts/demo

cluster: build ## run an example on a cluster of processes, and show where its shards and pods were
	@scripts/cluster demo

test: setup ## build and run every test
	$(SWIFT) build --build-tests
	@SWIFT=$(SWIFT) scripts/test

conformance: setup ## judge the black-box cases, on one process and a cluster, and the recorded node trees
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build --no-parallel --filter ConformanceTests

sanitize: setup ## run the tests of wires and shards under the thread and the address sanitizer
	@scripts/sanitize

RUNS ?= 5000
fuzz: setup ## feed the readers of foreign bytes with RUNS mutations of their corpora each
	@scripts/fuzz $(RUNS)

sim: setup ## simulate a whole cluster: make sim SEED=n replays one seed, make sim SEEDS=n runs n of them
	@scripts/simulate

check: lint test ## what a change must pass

lint: ## look for what the formatter refuses (the rules of the house are tests: TidyTests)
	$(SWIFT) format lint --strict --parallel --recursive Package.swift Sources Tests

format: ## format the sources in place
	$(SWIFT) format --in-place --parallel --recursive Package.swift Sources Tests

bench: build ## measure against the physical floors of this machine
	@scripts/bench

install: build ## install apus below PREFIX (default /usr/local)
	install -D -m 755 $(RELEASE)/apus $(DESTDIR)$(PREFIX)/bin/apus
	install -D -m 755 $(RELEASE)/apus-supervisor $(DESTDIR)$(PREFIX)/bin/apus-supervisor

clean: ## remove what was built
	$(SWIFT) package clean

.PHONY: help setup build demo cluster test sim conformance check lint format bench install clean fuzz sanitize
.DEFAULT_GOAL := help
