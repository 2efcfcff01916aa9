# 半亩园 Banmuyuan. `make` lists what there is.

# Where the Go installer puts it; sudo's own PATH leaves it out.
export PATH := $(PATH):/usr/local/go/bin

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unversioned)

# The product ends with make, even when make is killed, where util-linux is there.
WITH_MAKE := $(shell command -v setpriv >/dev/null && echo setpriv --pdeathsig TERM)

# RACE=1 looks for data races too; it needs a C compiler. Two packages at a time use what a package leaves of the machine
# while it waits for timers, servers and links; with the race detector one fills it.
TEST_P := $(if $(RACE),1,2)
TEST_FLAGS := -count=1 -p $(TEST_P) -timeout 75m

# Packages are tested in this order: the one that takes longest begins first, and the others are done beside it. Its processes
# do with the race detector in an hour what they do in a quarter: one story of the whole product is told with it.
LONGEST := ./cmd/banmuyuan
PACKAGES := $(if $(RACE),-race $$(go list ./... | grep -v '/cmd/banmuyuan$$'),$(LONGEST) ./...)
STORY := go test -json $(TEST_FLAGS) -race -run '^TestOneProcess$$' $(LONGEST)

# A go command that fails without running a test, as with a go.mod that is not tidy, counts like a package that fails.
NOT_RUN := echo '{"Action":"fail","Package":"go test"}'

# A module of its own: only these tests need Stripe's mock.
STRIPE_MOCK := payments/gateway/stripe/mocktest

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# What the product does under load; the compiler optimises by it. Not called default.pgo, so that tests are built without.
PROFILE := cmd/banmuyuan/product.pgo

.PHONY: run
run: ## install what is missing, build, and serve on BANMU_ADDR (127.0.0.1:8080); Ctrl-C stops it
	@scripts/install go postgres
	@$(MAKE) --no-print-directory build
	@exec $(WITH_MAKE) bin/banmuyuan serve

.PHONY: build
build: ## build bin/banmuyuan
	@scripts/install go
	go build -trimpath -pgo=$(PROFILE) -ldflags '-X main.version=$(VERSION)' -o bin/banmuyuan ./cmd/banmuyuan

.PHONY: test
test: ## install what is missing and run every test (RACE=1 with the race detector)
	@scripts/install go postgres browser
	@echo "go test $(TEST_FLAGS) $(if $(RACE),-race )./..., and in $(STRIPE_MOCK) and $(TOOLS)"
	@mkdir -p .cache && go build -o .cache/testsummary scripts/testsummary.go
	@{ $(if $(RACE),go test -json $(TEST_FLAGS) $(LONGEST) || $(NOT_RUN); $(STORY) || $(NOT_RUN);) \
	   go test -json $(TEST_FLAGS) $(PACKAGES) || $(NOT_RUN); (cd $(STRIPE_MOCK) && go test -json $(TEST_FLAGS) ./... || $(NOT_RUN)); cd $(TOOLS) && go test -json $(TEST_FLAGS) ./... || $(NOT_RUN); } 2>&1 | .cache/testsummary

.PHONY: bench
bench: ## measure the product on this machine (BENCH="-quick -run hot,read" chooses; BENCH=-help)
	@scripts/install go postgres
	@$(MAKE) --no-print-directory build
	go build -trimpath -o bin/bench ./cmd/bench
	@exec $(WITH_MAKE) bin/bench $(BENCH)

.PHONY: profile
profile: ## measure anew what the build is optimised by
	@$(MAKE) --no-print-directory bench BENCH='-profile -run read,orders,money -buyers 128 -time 12s'
	cp .cache/bench/product.pgo $(PROFILE)

# A module of its own, so that the product's go.mod names nothing that only developers need.
TOOLS := tools
BIOME := $(TOOLS)/node_modules/.bin/biome

$(BIOME): $(TOOLS)/package-lock.json
	@scripts/install npm
	cd $(TOOLS) && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

.PHONY: format
format: $(BIOME) ## format Go, templates, CSS and JavaScript
	gofmt -w $$(git ls-files '*.go')
	cd $(TOOLS) && go run ./fmttemplates -w ../web
	$(BIOME) format --config-path=$(TOOLS) --write web

# Pinned in tools/go.mod; the go command builds it once.
GOLANGCI := go tool -modfile=$(TOOLS)/go.mod golangci-lint

.PHONY: lint
lint: $(BIOME) ## check formatting and run the linters
	@scripts/install go
	cd $(TOOLS) && go run ./fmttemplates -l ../web
	$(BIOME) format --config-path=$(TOOLS) web
	$(GOLANGCI) run ./...
	cd $(TOOLS) && go tool golangci-lint run --config=../.golangci.yml ./...
	cd $(STRIPE_MOCK) && go vet ./...

.PHONY: check
check: lint ## lint, and the tests that need no server: under a minute after the first build
	go test $$(scripts/pure)

# The packages whose rules are tested without a server.
MUTATE = $$(scripts/pure | grep -E '^banmuyuan/(catalog|orders|payments|internal)(/|$$)' | grep -vE '/(gateway|link)/')

.PHONY: mutate
mutate: ## change the rules in one place at a time and list what no test notices (MUTATE=./payments chooses)
	@scripts/install go
	cd $(TOOLS) && go build -o ../.cache/mutate ./mutate
	@.cache/mutate -explained $(TOOLS)/mutate/explained.txt $(MUTATE)

.PHONY: clean
clean: ## remove what was built; never ./data
	rm -rf bin .cache
	go clean -testcache
