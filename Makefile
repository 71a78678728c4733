# make run · make test · make bench · make fuzz · make chaos · make format
# Every target installs what it lacks: Debian packages by name, a Python environment for the third-party peers.
SHELL := /bin/bash
.DEFAULT_GOAL := help

# What the product needs to build and run, and what the tests use besides.
APT_BUILD := libserialport-dev libsqlite3-dev pkg-config libdcmtk-dev
APT_TEST  := python3-venv strace openssl dcmtk orthanc orthanc-dicomweb
# Other tools that read image metadata, for the comparison only.
APT_BENCH := vtk-dicom-tools libgdcm-tools
VENV      := .venv
SWIFTFLAGS := --explicit-target-dependency-import-check error
BIN        := .build/debug

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

run: build ## start the demo site: three simulated analysers and a CT, results arriving, what is posted on disk (Ctrl-C stops)
	@$(BIN)/hilum demo

test: deps-build deps-test venv ## lint, build, all tests; the last line is "N passed, N failed"
	@scripts/test

build: deps-build
	@swift build $(SWIFTFLAGS)

bench: deps-build deps-test deps-bench venv ## results per second, latency, memory, bytes stored: with the machine and the commit
	@swift build -c release $(SWIFTFLAGS)
	@$(VENV)/bin/python Tests/Benchmarks/bench.py --bin .build/release
	@$(VENV)/bin/python Tests/Benchmarks/bench_imaging.py --bin .build/release
	@$(VENV)/bin/python Tests/Benchmarks/bench_index.py --bin .build/release --files $${INDEX_FILES:-100000}

fuzz: deps-build ## libFuzzer on every codec and driver, FUZZ_SECONDS each (default 60)
	@scripts/fuzz $${FUZZ_SECONDS:-60}

chaos: deps-build deps-test venv build ## random kill -9 under load, failing disks, dying drivers, 10,000 associations
	@$(VENV)/bin/python -m pytest -q Tests/Chaos

format: ## rewrite the Swift sources in the project's style
	@swift format -i -r -p --configuration .swift-format Package.swift Sources Tests

deps-build:
	@scripts/install-packages $(APT_BUILD)

deps-test:
	@scripts/install-packages $(APT_TEST)

deps-bench:
	@scripts/install-packages $(APT_BENCH)

venv: $(VENV)/ready

$(VENV)/ready: Tests/EndToEnd/requirements.txt | deps-test
	@python3 -m venv $(VENV)
	@$(VENV)/bin/pip install -q --disable-pip-version-check -r Tests/EndToEnd/requirements.txt
	@touch $@

.PHONY: help run test build bench fuzz chaos format deps-build deps-test deps-bench venv
