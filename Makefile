# Two commands matter: `make demo` (see it) and `make test` (trust it). Everything else is a part of them.
# Needs Python >= 3.11, make and a C library; everything else comes from the package index into .venv.

PYTHON ?= $(shell for p in python3.12 python3.11 python3.13 python3.14 python3; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
JOBS ?= 2

.PHONY: demo serve test check lint types lock openapi bench clean help

help:
	@echo "make demo    install, start the embedded servers, seed a demo school, serve it"
	@echo "make test    install and run every check: style, types, tests"
	@echo "make check   style and types only"
	@echo "make bench   the benchmarks, as ratios within one run"
	@echo "make openapi write docs/openapi.json from the application"
	@echo "make lock    resolve the locked dependencies anew"
	@echo "make clean   remove .venv and the demo's data"

demo: .venv/.installed
	@$(BIN)/python -m backend demo

test: .venv/.installed-dev
	@$(MAKE) --no-print-directory check
	@sh .ci/browser
	@NHIPCAU_CHROMIUM="$$(cat .venv/.browser 2>/dev/null)" $(BIN)/python -m pytest -n $(JOBS)

check: .venv/.installed-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: .venv/.installed-dev
	@$(BIN)/python -m backend bench

openapi: .venv/.installed
	@$(BIN)/python -m backend openapi docs/openapi.json

# The lock holds hashes and no index address, so that any mirror serves it and none is named.
lock: .venv/.installed-dev
	@$(BIN)/python -m pip install -q uv
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra dev pyproject.toml -o requirements-dev.lock

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed and was not found."; exit 1; }
	@PYTHON="$(PYTHON)" sh .ci/venv

.venv/.installed: requirements.lock | .venv/bin/python
	@echo "Installing (the first time takes about a minute) …"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

.venv/.installed-dev: requirements-dev.lock | .venv/bin/python
	@echo "Installing what the tests need …"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@ .venv/.installed

clean:
	rm -rf .venv .data
