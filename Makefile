# Two commands on a fresh machine: `make demo` and `make test`. Both set up what they need.

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# One process a core; the tests of a file share fixtures that are dear.
PARALLEL := -n auto --dist loadfile

# What the tests of the raters' app need of the system: a database server, a browser, and a font with Chinese letters.
PROGRAMS := postgresql chromium fonts-noto-cjk

.PHONY: demo test quick lint types imports docs package system clean

demo: $(STAMP)
	$(BIN)/ppad demo --out demo-output

test: $(STAMP) system
	$(BIN)/pytest $(PARALLEL)

quick: $(STAMP) system
	$(BIN)/pytest $(PARALLEL) -m "not slow"

lint: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(STAMP)
	$(BIN)/mypy

imports: $(STAMP)
	$(BIN)/lint-imports

# The guide as a site, in site/. A warning is an error, and nothing is fetched.
docs: $(STAMP)
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet

# Wheel and sdist, in dist/, and the wheel with nothing but the core's dependencies in an environment that was empty.
package: $(STAMP)
	rm -rf dist
	$(BIN)/python -m build --no-isolation --outdir dist
	$(PYTHON) -m venv dist/empty
	dist/empty/bin/pip install --quiet --constraint constraints.txt dist/*.whl
	cd dist && empty/bin/ppad && empty/bin/ppad --help >/dev/null && empty/bin/ppad doctor
	cd dist && ! empty/bin/ppad extract film.mp4 --out c 2>empty/said && grep missing-extra empty/said
	rm -rf dist/empty

# Installs them where that is possible: as root, with apt-get. Elsewhere the tests that need one say so and are skipped.
system:
	@missing=; for package in $(PROGRAMS); do dpkg-query --show --showformat='$${db:Status-Status}' $$package 2>/dev/null \
	    | grep --quiet '^installed' || missing="$$missing $$package"; done; \
	if [ -n "$$missing" ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing$$missing" && apt-get update --quiet=2 \
	    && DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet=2 --no-install-recommends $$missing >/dev/null \
	    || echo "They could not be installed; tests that need them are skipped."; \
	elif [ -n "$$missing" ]; then echo "Not installed:$$missing; tests that need them are skipped."; fi

# The virtual environment, made again when what it should hold changes.
$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $(STAMP)

clean:
	rm -rf $(VENV) demo-output site .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis dist
