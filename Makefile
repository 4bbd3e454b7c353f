# Everything a developer types. `make help` lists it; what is behind it: docs/setup.md.
#
#   ARGS   goes to `swift test` (test), to the suite (conformance, faults) or to `sluice eval gate` (eval): make test ARGS='--filter ScenarioTests'
#   ONLY   one benchmark: make bench ONLY=ingest
#   FULL   1: the long tier (faults; conformance; search and words of bench)
#   COUNT  how many histories, from SEED on; MISTAKE puts one in, STEPS=yes lists every step of a failure: make simulate COUNT=1 SEED=42
#   KAFKA  tansu, or apache where ../shared/kafka and Java 17 are present (test, conformance)

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup build release demo test up down conformance faults simulate eval bench format lint clean

export KAFKA ?= tansu
export SWIFT_BACKTRACE ?= enable=no
# The librdkafka that set-up built, where it had to (the executables find it by their run path).
export PKG_CONFIG_PATH := $(CURDIR)/.dev/prefix/lib/pkgconfig$(if $(PKG_CONFIG_PATH),:$(PKG_CONFIG_PATH))

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: release ## the main job, end to end, on a stack of its own
	@scripts/with-stack .dev/demo .build/release/sluice -- scripts/demo

test: setup ## every test, on a stack of its own; then the conformance suite, where it is present
	@scripts/test $(ARGS)

up: release ## broker, database and both workers, left running; clients source .dev/env
	@scripts/stack up
	@scripts/stack prepare
	@scripts/workers up

down: ## stops what `make up` started
	@scripts/workers down
	@scripts/stack down

build: setup ## a debug build
	swift build

release: setup
	swift build -c release --product sluice

conformance: release ## the contract's conformance suite, where ../shared/conformance is present
	@scripts/conformance $(ARGS)

faults: release ## workers, database and broker killed, frozen and cut off, and what came of it; FULL=1: the long tier
	@scripts/faults $(ARGS)

simulate: ## the fleet in virtual time: 10,000 histories from SEED on; and the commit protocol's model, where spin is
	@swift build -c release --product simulate
	@.build/release/simulate --count $(or $(COUNT),10000) --seed $(or $(SEED),1) $(if $(MISTAKE),--mistake $(MISTAKE)) $(if $(STEPS),--steps $(STEPS))
	@$(if $(COUNT),,scripts/check-model)

eval: release ## the house's suite against its baseline; then the ranking on Cranfield, where ../shared/data is present
	@scripts/eval-house $(ARGS)
	@scripts/eval-cranfield

bench: release ## every benchmark, or ONLY=name
	@scripts/setup bench
	@scripts/bench $(ONLY)

format: ## formats the Swift sources
	swift format --in-place --parallel --recursive Sources Tests Package.swift

lint: setup ## formatting and common mistakes, in Swift, shell and Python
	@scripts/lint

setup: ## installs what is missing, below .dev/ where it can
	@scripts/setup

clean: down ## removes what was built; .dev/ stays
	rm -rf .build
