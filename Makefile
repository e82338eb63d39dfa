# make serve      serve seeds/ with config.yaml on http://127.0.0.1:8000
# make test       lint, types and the whole test suite, on the built wheel
# make test-deps  install the Debian packages that some tests drive (as root, or with sudo)
#
# Everything else stays in two private environments, .venv and .venv-test.

PYTHON ?= python3
TEST_PACKAGES = newsboat
SOURCES := $(shell find feedsvc -type f -not -name '*.pyc')

.PHONY: serve test test-deps goldens clean

serve: .venv/ready
	@.venv/bin/feedsvc serve --config config.yaml $(ARGS)

test: .venv-test/ready
	.venv-test/bin/ruff check .
	.venv-test/bin/ruff format --check .
	.venv-test/bin/mypy
	.venv-test/bin/pytest $(ARGS)

# Write the golden files anew; read the difference before you commit it.
goldens: .venv-test/ready
	.venv-test/bin/pytest -q tests/test_goldens.py --write-goldens

test-deps:
	$(if $(filter 0,$(shell id -u)),,sudo )apt-get update
	$(if $(filter 0,$(shell id -u)),,sudo )env DEBIAN_FRONTEND=noninteractive \
		apt-get install -y --no-install-recommends $(TEST_PACKAGES)

.venv/ready: pyproject.toml
	@sh tests/make-environment.sh $(PYTHON) .venv
	@.venv/bin/pip install --quiet --disable-pip-version-check --editable .
	@touch $@

# The tests run against the wheel as users get it, not against this folder.
.venv-test/ready: pyproject.toml README.md $(SOURCES)
	@sh tests/make-environment.sh $(PYTHON) .venv-test
	@rm -rf dist
	@.venv-test/bin/pip install --quiet --disable-pip-version-check build
	@.venv-test/bin/python -m build --wheel --outdir dist . > /dev/null
	@.venv-test/bin/pip install --quiet --disable-pip-version-check \
		--upgrade --upgrade-strategy only-if-needed "$$(ls dist/*.whl)[test]"
	@.venv-test/bin/pip install --quiet --disable-pip-version-check \
		--force-reinstall --no-deps dist/*.whl
	@touch $@

clean:
	rm -rf .venv .venv-test dist build
