# Artel's front door: `make run` starts everything, `make test` passes the tests.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# The tests start some thousand processes: each would compile all of the source for itself.
unexport PYTHONDONTWRITEBYTECODE

REQUIREMENTS := requirements.txt
ifneq ($(filter postgres%,$(DATABASE_URL))$(REDIS_URL),)
REQUIREMENTS := requirements-services.txt
endif
STAMP := $(VENV)/.$(basename $(REQUIREMENTS))
DEV_STAMP := $(VENV)/.requirements-dev

# SQLite and no Redis, whatever the environment says; and the services that it says, or local ones.
PLAIN := env -u DATABASE_URL -u REDIS_URL
TEST_DATABASE := $(or $(filter postgres%,$(DATABASE_URL)),postgres://127.0.0.1:5432/postgres)
TEST_REDIS := $(or $(REDIS_URL),redis://127.0.0.1:6379/0)

PAGES := tests/browser/test_whole.py

.PHONY: test-pages test-services
.PHONY: run test check lint types coverage bench bench-panel bench-gallery bench-scroll screenshots chaos mutants messages lock clean

run: $(STAMP)
	@exec $(BIN)/python manage.py serve --stop-with-parent

test: $(DEV_STAMP)
	@$(BIN)/python -m tests.chromium
	@$(BIN)/python -m tests.gettext
	$(PLAIN) $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder \
		--ignore $(PAGES)

# Every page of a house that is lived in, in both languages and themes, at three widths, with text of
# twice the size: a fifth of what all tests take.
test-pages: $(DEV_STAMP)
	@$(BIN)/python -m tests.chromium
	@$(BIN)/python -m tests.gettext
	$(PLAIN) $(BIN)/python -m pytest -n 2 --dist load $(PAGES)

# What touches database or queue, once more on PostgreSQL with Redis: see .ci/run for a machine
# without them. The tests make databases and keys of their own there, and remove them.
test-services: $(DEV_STAMP)
	@$(BIN)/python -m tests.reach $(TEST_DATABASE) $(TEST_REDIS) || { \
		echo "Start it, set DATABASE_URL and REDIS_URL, or let .ci/run start both." >&2; exit 2; }
	DATABASE_URL=$(TEST_DATABASE) REDIS_URL=$(TEST_REDIS) $(BIN)/python -m pytest -n 2 \
		--dist loadfile --no-loadscope-reorder \
		tests/models tests/forms tests/jobs tests/views tests/management tests/chaos

check: lint types test test-pages test-services

# Branches of what spends money and keeps pictures, also in the processes that the tests start.
coverage: $(DEV_STAMP)
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --cov=gallery --cov-branch --cov-report= \
		tests/models tests/provider tests/archive tests/jobs tests/chaos
	$(BIN)/coverage report --fail-under=95 \
		--include='gallery/models/*,gallery/provider/*,gallery/archive/*,gallery/jobs/*'

# How soon a picture is seen in Chromium; for a quiet machine.
bench: $(DEV_STAMP)
	@$(BIN)/python -m tests.chromium
	$(BIN)/python -m tests.bench.latency

# Every page in both themes, both languages and three widths, to be looked at.
screenshots: $(DEV_STAMP)
	@$(BIN)/python -m tests.chromium
	$(BIN)/python -m tests.screenshots var/screenshots

# How long each page of the panel takes with 100,000 tasks.
bench-panel: $(DEV_STAMP)
	$(BIN)/python -m tests.bench.panel

# How long pages and searches of the gallery take with 100,000 pictures of one user, on SQLite; with
# DATABASE_URL set, in a database of its own there.
bench-gallery: $(DEV_STAMP)
	$(BIN)/python -m tests.bench.gallery

# How smoothly Chromium scrolls through 5,000 pictures of the gallery; for a quiet machine.
bench-scroll: $(DEV_STAMP)
	@$(BIN)/python -m tests.chromium
	$(BIN)/python -m tests.bench.scroll

# Dangerous mistakes in a copy of the source, each of which some real test must notice.
mutants: $(DEV_STAMP)
	$(BIN)/python -m tests.mutants
# Kills at random, each failpoint with each class of answers, and the supervisor's eight ways, on both
# databases; then histories at random, and mistakes of our own: hours. `python -m tests.chaos --help` says how to run it in pieces, which add up.
CHAOS_KILLS ?= 10000
CHAOS_ROUNDS ?= 20
CHAOS := $(BIN)/python -m tests.chaos --kills $(CHAOS_KILLS) --rounds $(CHAOS_ROUNDS) --pairs
chaos: $(DEV_STAMP)
	$(PLAIN) $(CHAOS) --database sqlite
	@$(BIN)/python -m tests.reach $(TEST_DATABASE) $(TEST_REDIS)
	DATABASE_URL=$(TEST_DATABASE) REDIS_URL=$(TEST_REDIS) $(CHAOS) --database services
	TEST_HISTORIES=500 $(PLAIN) $(BIN)/python -m pytest tests/jobs/test_histories.py
	$(BIN)/python -m tests.mutants

# Brings the Russian catalogue up to date with the source, and names what is not translated yet.
messages: $(DEV_STAMP)
	@$(BIN)/python -m tests.gettext
	@$(BIN)/python -m tests.locale.messages

lint: $(DEV_STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djlint --lint --quiet templates
	$(BIN)/lint-imports
	DATA_DIR=$(VENV)/check $(PLAIN) $(BIN)/python manage.py makemigrations --check --dry-run
	DATA_DIR=$(VENV)/check PUBLIC_URL=https://artel.example \
		$(PLAIN) $(BIN)/python manage.py check --deploy --fail-level WARNING

types: $(DEV_STAMP)
	DATA_DIR=$(VENV)/check $(PLAIN) $(BIN)/mypy .

# The environment is made anew only when the requirements change.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Artel needs Python 3.11 or newer; $(PYTHON) is older or missing." >&2; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
		echo "$(PYTHON) has no venv module: install python3-venv." >&2; exit 2; }
	@echo "Making $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.%: %.txt | $(VENV)/.made
	@echo "Installing $<"
	@$(BIN)/python -m pip install --quiet --require-hashes -r $<
	@touch $@

lock: $(DEV_STAMP)
	$(BIN)/uv pip compile --quiet --universal --no-strip-extras --generate-hashes --no-header \
		pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --no-strip-extras --generate-hashes --no-header \
		--extra services pyproject.toml -o requirements-services.txt
	$(BIN)/uv pip compile --quiet --universal --no-strip-extras --generate-hashes --no-header \
		--extra dev pyproject.toml -o requirements-dev.txt

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache htmlcov .coverage
