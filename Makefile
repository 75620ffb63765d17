# make run    build the site, serve it, print the addresses
# make demo   fill the surveys with made-up answers, at a running `make run` or a server of its own
# make test   everything that must hold; sets up what it needs
# make lint   gofmt, go vet, staticcheck, complexity, dead code, known vulnerabilities, the scripts' types
# make bench  the programs as their users meet them, beside Hugo, PocketBase and nginx, as one table; BASE=COMMIT adds the program as it
#             was then, README=1 puts the table into README.md, BENCH='-only build,accept' is for cases and sizes (-h lists them)
# make bench-units  the benchmarks of packages
# make package      bin/submit.zip, bin/invite.zip, bin/publish.zip and bin/archive.zip, as AWS Lambda takes them, with bin/functions.json
# make bench-start  how long the functions take to start, beside an empty one
# make weight a questionnaire's weight and speed beside SurveyJS, which comes from npm, as a table
# make soak   the random tests at length; SOAK=5 is 5 % of that
# make fuzz   each fuzz target for FUZZTIME
# make packages     the system packages that lint and the tests need: installs them as root on Debian, else names them
# make setup        these, and what the tests fetch from npm and from Go modules into .cache
.PHONY: run demo test soak lint bench bench-units bench-start weight package fuzz packages setup bin/glasspoll
SHELL := /bin/bash
ADDR ?= 127.0.0.1:8080
FUZZTIME ?= 10s
SOAK ?= 100
TYPESCRIPT := 5.9.3
# VERSION is what `glasspoll version` prints; empty outside a git checkout.
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null)

run: bin/glasspoll
	bin/glasspoll build --templates templates
	exec bin/glasspoll serve --addr $(ADDR) --templates templates --limits off

demo: bin/glasspoll
	exec bin/glasspoll demo $(if $(filter file,$(origin ADDR)),,--url http://$(ADDR)/)

bin/glasspoll:
	go build -ldflags '-X main.stampedVersion=$(VERSION)' -o $@ ./generator

test: setup lint
	go test -race -short -timeout 30m $$(.ci/concurrent)
	go test -timeout 30m $$(.ci/concurrent -f)
	cd e2e && go vet ./... && go test -count=1 -parallel 4 -timeout 60m ./...

soak:
	GLASSPOLL_SOAK=$(SOAK) go test -count=1 -timeout 120m $$(grep -rl --include='*_test.go' '"glasspoll/internal/soak"' internal | xargs -n1 dirname | sort -u | sed 's,^,./,')

lint: packages
	@unformatted=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go' 2>/dev/null || find . -name '*.go')); \
	  if [ -n "$$unformatted" ]; then echo "not formatted (run gofmt -w):"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	go tool staticcheck ./...
	cd e2e && go tool staticcheck ./...
	go tool gocognit -over 30 -ignore '_test\.go' .
	@dead=$$(go tool deadcode -test ./... && cd e2e && go tool deadcode -test ./...); \
	  if [ -n "$$dead" ]; then echo "never called:"; echo "$$dead"; exit 1; fi
	@found=$$(go tool govulncheck ./... 2>&1) || case "$$found" in \
	  *"fetching vulnerabilities"*) echo "govulncheck: its database cannot be reached, so it is left out";; \
	  *) echo "$$found"; exit 1;; esac
	.ci/npm typescript@$(TYPESCRIPT)
	node .cache/npm/typescript/lib/tsc.js -p .ci/jsconfig.json
	@if command -v cfn-lint >/dev/null; then echo cfn-lint deploy/\*.yaml; cfn-lint deploy/*.yaml; \
	  else echo "cfn-lint is not installed (pip install cfn-lint): deploy/*.yaml is not checked by it"; fi

packages:
	@.ci/packages

setup: packages
	@.ci/setup

bench:
	cd e2e && go run ./bench $(if $(BASE),-base $(BASE)) $(if $(README),-readme) $(BENCH)

bench-units:
	go test -run '^$$' -bench . -benchmem ./...

package:
	go run -ldflags '-X main.version=$(VERSION)' ./deploy/pack bin

bench-start:
	cd e2e && go test -run "^$$" -bench FunctionsStart -benchtime 21x .

weight: setup
	.ci/npm survey-core@2.5.38 survey-js-ui@2.5.38
	cd e2e && go run ./weight

# go test fuzzes one target of one package at a time.
fuzz:
	@set -euo pipefail; for package in $$(go list ./...); do \
	  for target in $$(go test -list '^Fuzz' $$package | grep '^Fuzz' || true); do \
	    echo "$$package $$target"; go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$package; \
	  done; done
