# The tasks of developers and the CI. `make` lists the targets.

SHELL       := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# Each module is built by itself, and the go command does not ask git for a version.
export GOWORK  := off
export GOFLAGS := $(strip $(GOFLAGS) -buildvcs=false)

# The directories of all go.mod files, the root first; those with Go code; and the examples among
# these.
MODULES := $(sort $(patsubst %/go.mod,%,$(shell find . -name '.?*' -prune -o -name node_modules -prune -o -name go.mod -print)))
GO_MODULES := $(filter-out ./tools ./tools/actionlint,$(MODULES))
EXAMPLES   := $(filter ./examples/%,$(MODULES))

# $(call each,MODULES,COMMAND) runs a command in every one of the modules.
each = for module in $(1); do echo "$$module: $(2)"; (cd "$$module" && $(2)) || exit; done

# The packages whose tests use the server at PACKAGEDB_TEST_ENDPOINT.
SERVER_TESTS := . ./testutil ./cmd/packagedb-tables

export TOOLS := $(CURDIR)/.tools/bin

##@ Every day

.PHONY: help
help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z0-9-]+:.*## / { printf "  %-20s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## Replay a recorded run on the embedded engine and show what is stored
	go run ./internal/demo

.PHONY: test
test: ## Run the library's tests; needs only Go
	go test ./...

.PHONY: race
race: ## Run the library's tests with the race detector
	CGO_ENABLED=1 go test -race ./...

.PHONY: fmt
fmt: $(TOOLS)/golangci-lint ## Format all Go code
	$< fmt

.PHONY: lint
lint: $(TOOLS)/golangci-lint ## Check the style and the format of the Go code
	@$(call each,$(GO_MODULES),$< run --config $(CURDIR)/.golangci.yml ./...)

BENCHCOUNT ?= 6

.PHONY: bench
bench: $(TOOLS)/benchstat ## Run the benchmarks BENCHCOUNT times (6) and print the medians
	{ go test -C test/bench -run '^$$' -bench 'Call|Get|Pages|Delete' -benchtime 0.5s -count $(BENCHCOUNT); \
	  go test -C test/bench -run '^$$' -bench Concurrency -benchtime 20x -count $(BENCHCOUNT); } | $< /dev/stdin

.PHONY: sizes
sizes: ## Print the lines of Go of every part, and of its tests
	@git ls-files '*.go' | xargs wc -l | awk ' \
	  $$2 ~ /\// { split($$2, path, "/"); part = path[1] == "internal" ? path[1] "/" path[2] : path[1] } \
	  $$2 !~ /\// { part = "." } \
	  $$2 == "total" { part = "all" } \
	  $$2 ~ /_test\.go$$/ { tests[part] += $$1; $$1 = 0 } \
	  { code[part] += $$1 } \
	  END { for (part in code) printf "%-20s %6d  tests %6d\n", part, code[part], tests[part] }' | sort

##@ Checks

.PHONY: vet
vet: ## Run go vet in every module, and fail if a go.mod or go.sum is not tidy
	@$(call each,$(GO_MODULES),go vet ./...)
	@$(call each,$(MODULES),go mod tidy -diff)

.PHONY: scripts
scripts: $(TOOLS)/actionlint ## Check the shell scripts and the workflows; needs shellcheck
	shellcheck $$(git grep --untracked -lE '^#!.*\bbash$$')
	$<

.PHONY: documents
documents: ## Run the commands and the code in the documents, and check what git tracks
	go test -C test -count=1 ./documents

.PHONY: vulncheck
vulncheck: $(TOOLS)/govulncheck ## Look for known vulnerabilities; needs the database at vuln.go.dev
	@$(call each,$(GO_MODULES),$< ./...)

##@ Tests beyond the library's own

.PHONY: test-modules
test-modules: ## Test the examples and the template, and check that the library is linearizable
	@$(call each,$(EXAMPLES),go test ./...)
	go test -C test -count=1 ./differential ./infrastructure ./soak

.PHONY: test-dynalite
test-dynalite: ## Run the library's tests on dynalite; needs Node.js
	test/engines/run dynalite -- go test -count=1 $(SERVER_TESTS)

.PHONY: test-dynamodb-local
test-dynamodb-local: ## The same on Amazon's DynamoDB Local, which the engine is compared with; needs Node.js and Java
	test/engines/run dynamodb-local -- go test -count=1 $(SERVER_TESTS)
	test/engines/run dynamodb-local -- go test -C test -count=1 -p 1 ./differential ./infrastructure

.PHONY: test-clients
test-clients: test/clients/javascript/node_modules ## Use packagedb-local with the clients of several languages; needs Node.js, boto3 and the AWS CLI
	test/engines/run packagedb-local -- test/clients/awscli/test
	test/engines/run packagedb-local -- go test -C test -count=1 ./clients/guregu
	test/engines/run packagedb-local -- python3 -B -W ignore::ResourceWarning -m unittest discover -s test/clients/python -p '*_test.py'
	test/engines/run packagedb-local -- env NODE_NO_WARNINGS=1 node --test --test-reporter=dot test/clients/javascript/*.test.mjs

test/clients/javascript/node_modules: test/clients/javascript/package-lock.json
	cd $(@D) && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	touch $@

.PHONY: test-page
test-page: ## Show the page of packagedb-local in Chromium
	go test ./cmd/packagedb-local -count=1 -run Browser -args -chromium chromium

.PHONY: test-production
test-production: ## Run the production tests on packagedb-local and DynamoDB Local
	test/engines/run packagedb-local -- test/production/run
	test/engines/run dynamodb-local -- test/production/run

FUZZTIME ?= 10s

.PHONY: fuzz
fuzz: ## Run every fuzz target for FUZZTIME each (10s)
	tools/fuzz $(FUZZTIME)

.PHONY: bench-engines
bench-engines: ## Time the conformance suite on each engine, and draw docs/engines.png; needs Node.js and Java
	go run -C test ./engines/compare ../docs/engines.png

SOAKTIME ?= 60s
SEED     ?= 0
MODE     ?=
SOAK     := env CGO_ENABLED=1 go test -C test -v -race -count=1 -timeout 0 -run '^TestSoak$$' ./soak -soak.mode '$(MODE)' -soak.time

.PHONY: soak soak-dynalite soak-dynamodb-local
soak: ## Call the library against a model for SOAKTIME (60s), from SEED (a new one), in one MODE (all; read-committed)
	$(SOAK) $(SOAKTIME) -soak.seed $(SEED)
soak-dynalite: ## The same on dynalite
soak-dynamodb-local: ## The same on DynamoDB Local
soak-dynalite soak-dynamodb-local: soak-%:
	test/engines/run $* -- $(SOAK) $(SOAKTIME) -soak.seed $(SEED)

KILLS ?= 100

.PHONY: kill
kill: ## Kill packagedb-local under load KILLS times (100), and check that nothing is lost
	go test ./cmd/packagedb-local -count=1 -run Killed -args -kills $(KILLS)

##@ Deployments and releases

.PHONY: deploy
deploy: ## Create or update the stack of the tables; needs the AWS CLI and an account
	infrastructure/deploy

PLATFORMS ?= $(foreach os,linux darwin windows,$(os)/amd64 $(os)/arm64)

.PHONY: build
build: $(TOOLS)/cyclonedx-gomod ## Build and verify the files of a release in dist/
	rm -rf dist
	tools/release/release artifacts dist $(PLATFORMS)

.PHONY: release-check
release-check: $(TOOLS)/gorelease ## Fail unless this commit can be released
	tools/release/release check

.PHONY: release-rehearsal
release-rehearsal: $(TOOLS)/gorelease $(TOOLS)/cyclonedx-gomod ## Rehearse a release of the work tree with made-up tags
	rm -rf dist
	tools/release/rehearse $(CURDIR)/dist $(PLATFORMS)

.PHONY: clean
clean: ## Remove what the other targets built and downloaded
	rm -rf .engines .tools dist test/clients/javascript/node_modules

# The versions and checksums of the tools are those of tools/go.mod. actionlint has a module of its
# own, because it does not compile with the YAML library that golangci-lint requires.
$(TOOLS)/golangci-lint: PACKAGE := github.com/golangci/golangci-lint/v2/cmd/golangci-lint
$(TOOLS)/benchstat: PACKAGE := golang.org/x/perf/cmd/benchstat
$(TOOLS)/gorelease: PACKAGE := golang.org/x/exp/cmd/gorelease
$(TOOLS)/cyclonedx-gomod: PACKAGE := github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod
$(TOOLS)/govulncheck: PACKAGE := golang.org/x/vuln/cmd/govulncheck
$(addprefix $(TOOLS)/,golangci-lint benchstat gorelease cyclonedx-gomod govulncheck): tools/go.mod tools/go.sum
	go build -C tools -o $@ $(PACKAGE)

$(TOOLS)/actionlint: tools/actionlint/go.mod tools/actionlint/go.sum
	go build -C tools/actionlint -o $@ github.com/rhysd/actionlint/cmd/actionlint
