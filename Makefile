# The tasks of developers and the CI. `make` lists the targets.

SHELL       := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# Each module is built by itself, and no target reads the version control system.
export GOWORK  := off
export GOFLAGS := $(strip $(GOFLAGS) -buildvcs=false)

# The directories of all go.mod files, the root first.
MODULES := $(sort $(patsubst %/go.mod,%,$(shell find . -name '.?*' -prune -o -name node_modules -prune -o -name go.mod -print)))
# The modules with Go code, and the examples among these.
GO_MODULES      := $(filter-out ./tools ./tools/actionlint,$(MODULES))
EXAMPLE_MODULES := $(filter ./examples/%,$(MODULES))

# $(call each,MODULES,COMMAND) runs a command in every one of the modules.
each = for module in $(1); do echo "$$module: $(2)"; (cd "$$module" && $(2)) || exit; done

export TOOLS := $(CURDIR)/.tools/bin
# The packages whose tests talk to the server at PACKAGEDB_TEST_ENDPOINT.
SERVER_TESTS := . ./testutil ./cmd/packagedb-tables
FUZZTIME ?= 10s
BENCHCOUNT ?= 6

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

.PHONY: cover
cover: ## Print the coverage of all packages by all of the library's tests
	go test -coverpkg=./... -coverprofile=cover.out ./...
	go tool cover -func=cover.out | tail -n 1

.PHONY: fmt
fmt: $(TOOLS)/golangci-lint ## Format all Go code
	$< fmt

##@ Checks

.PHONY: vet
vet: ## Run go vet in every module
	@$(call each,$(GO_MODULES),go vet ./...)

.PHONY: fmt-check
fmt-check: $(TOOLS)/golangci-lint ## Fail if code is not formatted, and show the difference
	$< fmt --diff

.PHONY: lint
lint: $(TOOLS)/golangci-lint ## Run golangci-lint in every module
	@$(call each,$(GO_MODULES),$< run --config $(CURDIR)/.golangci.yml ./...)

.PHONY: tidy-check
tidy-check: ## Fail if a go.mod or go.sum is not tidy
	@$(call each,$(MODULES),go mod tidy -diff)

.PHONY: actionlint
actionlint: $(TOOLS)/actionlint ## Check the workflows of GitHub Actions
	$<

.PHONY: tree-check
tree-check: ## Fail if a tracked file names a machine or a registry, is large, or has the wrong mode
	tools/tree

.PHONY: scripts-check
scripts-check: ## Check the shell scripts; needs shellcheck
	tools/scripts

.PHONY: dependabot-check
dependabot-check: ## Check that Dependabot updates every module
	tools/dependabot

.PHONY: documents-check
documents-check: ## Check that the documents name files and tests that exist, and run the commands that they show
	tools/documents
	go test -C test -count=1 ./documents

##@ Tests beyond Go

.PHONY: test-engines
test-engines: test-dynalite test-dynamodb-local ## Run the library's tests against both real engines

.PHONY: test-dynalite test-dynamodb-local
test-dynalite: ## Run the library's tests against dynalite; needs Node.js
test-dynamodb-local: ## Run the library's tests against Amazon's DynamoDB Local, and compare the embedded engine with it; needs Node.js and Java
test-dynalite:
	test/engines/run dynalite -- go test -count=1 $(SERVER_TESTS)
test-dynamodb-local:
	test/engines/run dynamodb-local -- bash -c 'go test -count=1 $(SERVER_TESTS) && go test -C test -count=1 ./differential ./infrastructure'

SOAKTIME ?= 60s
SEED     ?= 0
ENGINE   ?= embedded

.PHONY: soak
soak: ## Call the library against a model for SOAKTIME (60s), from SEED (a new one), on ENGINE (embedded)
	$(if $(filter embedded,$(ENGINE)),,test/engines/run $(ENGINE) --) env CGO_ENABLED=1 go test -C test -race -count=1 \
	  -timeout 0 -run '^TestSoak$$' ./soak -soak.time $(SOAKTIME) -soak.seed $(SEED)

.PHONY: linearizability
linearizability: ## Check that 10,000 calls of specs are linearizable, and that the model finds broken promises
	go test -C test -count=1 ./soak

.PHONY: test-clients
test-clients: ## Use packagedb-local with the clients of several languages; needs Node.js, boto3 and the AWS CLI
	test/engines/run packagedb-local -- test/clients/run

BROWSER ?= chromium

.PHONY: test-page screenshot
test-page: ## Show the page of packagedb-local in Chromium
	go test ./cmd/packagedb-local -count=1 -run Browser -args -chromium $(BROWSER)
screenshot: ## Rewrite docs/packagedb-local.png
	go test ./cmd/packagedb-local -count=1 -run InABrowser -args -chromium $(BROWSER) -screenshot $(CURDIR)/docs/packagedb-local.png

.PHONY: examples
examples: ## Run the tests of the example modules
	@$(call each,$(EXAMPLE_MODULES),go test ./...)

.PHONY: fuzz
fuzz: ## Run every fuzz target for FUZZTIME each (10s)
	tools/fuzz $(FUZZTIME) $(GO_MODULES)


.PHONY: bench
bench: $(TOOLS)/benchstat ## Run the benchmarks BENCHCOUNT times (6) and print the medians
	{ go test -C test/bench -run '^$$' -bench 'Call|Get|Pages|Delete' -benchtime 0.5s -count $(BENCHCOUNT); \
	  go test -C test/bench -run '^$$' -bench Concurrency -benchtime 20x -count $(BENCHCOUNT); } | $< /dev/stdin

##@ Deployments and releases

.PHONY: test-infrastructure
test-infrastructure: ## Compare the CloudFormation template and its policies with the library
	go test -C test -count=1 ./infrastructure

.PHONY: deploy
deploy: ## Create or update the stack of the tables; needs the AWS CLI and an account
	infrastructure/deploy

.PHONY: check-tables
check-tables: ## Compare the live tables of the AWS account with what the library needs
	go run ./cmd/packagedb-tables check

PLATFORMS ?= $(foreach os,linux darwin windows,$(os)/amd64 $(os)/arm64)

.PHONY: build
build: $(TOOLS)/cyclonedx-gomod ## Build and verify the files of a release in dist/
	rm -rf dist
	tools/release/release artifacts dist $(PLATFORMS)

.PHONY: vulncheck
vulncheck: $(TOOLS)/govulncheck ## Look for known vulnerabilities; needs the database at vuln.go.dev
	@$(call each,$(GO_MODULES),$< ./...)

.PHONY: release-required
release-required: ## Print whether the version in version.go is newer than the newest released tag
	@tools/release/release required

.PHONY: release-check
release-check: $(TOOLS)/gorelease ## Fail unless this commit can be released
	tools/release/release check

.PHONY: release-rehearsal
release-rehearsal: $(TOOLS)/gorelease $(TOOLS)/cyclonedx-gomod ## Rehearse a release of the work tree with made-up tags
	rm -rf dist
	tools/release/rehearse $(CURDIR)/dist $(PLATFORMS)

.PHONY: release-candidate release
release-candidate: ## Tag this commit as the next candidate of its version, and push the tag
	@tools/release/release candidate
release: ## Tag this commit as its version, and push the tag
	@tools/release/release final

.PHONY: production-tests
production-tests: ## Test the deployment of STAGE with the work tree, or with the released VERSION
	test/production/run $(VERSION)

.PHONY: test-production
test-production: ## Run the production tests against packagedb-local and DynamoDB Local
	test/engines/run packagedb-local -- test/production/run $(VERSION)
	test/engines/run dynamodb-local -- test/production/run $(VERSION)

##@ Everything

.PHONY: ci
ci: ## Run everything that must hold before a merge
	.ci/run

.PHONY: tools
tools: $(addprefix $(TOOLS)/,golangci-lint actionlint benchstat gorelease cyclonedx-gomod govulncheck) ## Build the tools that the other targets use

.PHONY: clean
clean: ## Remove what the other targets built and downloaded
	rm -rf .engines .tools dist test/clients/javascript/node_modules

# The versions and checksums of the tools are those of tools/go.mod. actionlint has a module of its own, because it
# does not compile with the YAML library that golangci-lint requires.
$(TOOLS)/golangci-lint: tools/go.mod tools/go.sum
	go build -C tools -o $@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

$(TOOLS)/benchstat: tools/go.mod tools/go.sum
	go build -C tools -o $@ golang.org/x/perf/cmd/benchstat

$(TOOLS)/gorelease: tools/go.mod tools/go.sum
	go build -C tools -o $@ golang.org/x/exp/cmd/gorelease

$(TOOLS)/cyclonedx-gomod: tools/go.mod tools/go.sum
	go build -C tools -o $@ github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod

$(TOOLS)/govulncheck: tools/go.mod tools/go.sum
	go build -C tools -o $@ golang.org/x/vuln/cmd/govulncheck

$(TOOLS)/actionlint: tools/actionlint/go.mod tools/actionlint/go.sum
	go build -C tools/actionlint -o $@ github.com/rhysd/actionlint/cmd/actionlint
