# One command each. `make` alone lists them.

PYTHON ?= python3
BIN := .venv/bin

# Where this machine keeps wheels of its own, uv looks there too; elsewhere it takes the build of torch without CUDA.
ifdef PIP_FIND_LINKS
export UV_FIND_LINKS ?= $(PIP_FIND_LINKS)
else
export UV_TORCH_BACKEND ?= cpu
endif

# The stages call `wearcast`, and DVC calls them, by name.
export PATH := $(CURDIR)/$(BIN):$(PATH)
export VIRTUAL_ENV := $(CURDIR)/.venv

.DEFAULT_GOAL := help
.PHONY: help setup repro serve dashboard build run log test test-real test-deploy lint notebook remote verify-remote bench-seoul bench-seoul-test bench-advice bench-service bench-dashboard soak docs examples messages figures pictures lock clean clean-data

help: ## list these commands
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1	\2/p' Makefile | expand -t 26

setup: .venv/.dev ## install all that development needs into .venv

repro: .venv/.pipeline ## set up, run the pipeline, print the scores, a seven-day outlook and what to wear tomorrow
	@git rev-parse --is-inside-work-tree >/dev/null 2>&1 || dvc config --local core.no_scm true
	dvc repro
	@wearcast report
	@echo
	@wearcast advise --date tomorrow
	@wearcast explain-lock

serve: .venv/.serve ## the dashboard on http://127.0.0.1:8501, the API on :8000/docs, and a refresh every hour; ends with Ctrl-C
	@test -f models/forecaster/manifest.json || $(MAKE) repro
	@wearcast refresh --every $${WEARCAST_REFRESH_EVERY:-1h} & refresh=$$!; wearcast dashboard & dashboard=$$!; wearcast serve & api=$$!; \
	  trap "trap - EXIT INT TERM; kill $$refresh $$dashboard $$api 2>/dev/null; wait" EXIT INT TERM; wait $$api

dashboard: .venv/.serve ## the dashboard alone; it asks the API that runs here, or works the answers out itself
	wearcast dashboard

build: ## the images of the API, the dashboard and refresh; wants Docker with Compose
	deploy/build

COMPOSE := docker compose --file deploy/compose.yaml --file deploy/compose.local.yaml

run: build ## the containers: the API and its documents on http://127.0.0.1:8000/docs, the dashboard on http://127.0.0.1:8501
	$(COMPOSE) up --detach --wait service-blue dashboard-blue
	$(COMPOSE) up --detach refresh

log: ## what the containers say, until Ctrl-C
	$(COMPOSE) logs --follow --tail 100

# FULL=1 also runs the tests marked full, which repeat a claim that another test holds.
REPEATED := $(if $(FULL),, and not full)

test: .venv/.dev ## the tests that need nothing beyond Python and git: ARGS="tests/unit -k sun"
	pytest -m "not real and not deploy" -n 2 --dist loadfile $(or $(ARGS),--cov)

AXE := tests/dashboard/node_modules/.package-lock.json

test-real: .venv/.real $(AXE) ## the tests with real parts: pipelines, an S3 server, a browser, faults; FULL=1 for all of them
	pytest -m "real$(REPEATED)" -n 2 --dist loadfile $(ARGS)

test-deploy: .venv/.real ## real images, rolled out by a real engine at DOCKER_HOST under load; FULL=1 for every way to fail
	pytest -m "deploy$(REPEATED)" $(ARGS)

lint: .venv/.dev ## style, types, the rooms' contracts, clean notebooks, workflows
	ruff check
	ruff format --check
	mypy
	lint-imports --no-logo
	@$(BIN)/python scripts/code_measures.py src
	git ls-files "*.ipynb" | xargs nbstripout --verify --keep-id --extra-keys metadata.language_info
	zizmor --offline --quiet .github/workflows
	hadolint Dockerfile

$(AXE): tests/dashboard/package-lock.json
	@command -v npm >/dev/null || { echo "without npm, the tests of accessibility are skipped"; exit 0; }; npm ci --prefix tests/dashboard --silent

notebook: .venv/.pipeline ## open the notebooks in JupyterLab
	jupyter lab notebooks

remote: .venv/.pipeline ## keep data and models in S3: URL=s3://bucket/prefix [ENDPOINT=http://host:port]
	@test -n "$(URL)" || { echo "make remote URL=s3://bucket/prefix [ENDPOINT=http://host:port]"; exit 2; }
	@wearcast set-remote "$(URL)" --endpoint "$(ENDPOINT)"

verify-remote: .venv/.pipeline ## fetch all that dvc.lock names from the remote, and compare the hashes
	@wearcast verify-remote

bench-seoul: .venv/.pipeline ## choose on Seoul 2018-2021: DATA=folder of the portal's exports
	@test -n "$(DATA)" || { echo "make bench-seoul DATA=folder"; exit 2; }
	$(BIN)/python tests/bench/seoul.py validation "$(DATA)"

bench-seoul-test: .venv/.pipeline ## a look at Seoul 2023, recorded in docs/test-looks.md: DATA=folder
	@test -n "$(DATA)" || { echo "make bench-seoul-test DATA=folder"; exit 2; }
	$(BIN)/python tests/bench/seoul.py test "$(DATA)"

bench-advice: .venv/.pipeline ## time one day's advice in all styles on the pipeline's own forecast
	$(BIN)/python tests/bench/advice.py

bench-service: .venv/.serve ## time the API against a bare FastAPI app in the same run; wants wrk
	$(BIN)/python tests/bench/service.py

bench-dashboard: .venv/.real ## time the dashboard against a bare Voilà page in the same run, 10 viewers at once, memory a viewer
	$(BIN)/python tests/bench/dashboard.py

soak: .venv/.serve ## ask the API for an hour while it is refreshed every minute: MINUTES=60
	$(BIN)/python tests/bench/soak.py $(MINUTES)

docs: .venv/.pipeline ## make the tables and outputs of docs/clothing.md anew
	$(BIN)/python scripts/clothing_docs.py

examples: .venv/.dev ## answer the examples in the API's document anew, from the pipeline's model
	$(BIN)/python scripts/api_examples.py

messages: .venv/.dev ## bring the catalogues up to what the code says, and list what is left to translate; CHECK=1 only fails if anything is
	$(BIN)/python scripts/messages.py $(if $(CHECK),--check)

figures: .venv/.figures ## bring the README's images and tables up to what the pipeline made
	$(BIN)/python scripts/draw_figures.py

pictures: .venv/.real ## take the README's pictures of the dashboard anew, from the sample; wants a Chromium
	$(BIN)/python scripts/dashboard_pictures.py

lock: .venv/.dev ## resolve constraints.txt and requirements/ anew; pins stay but for UPGRADE="package …" or UPGRADE=all
	$(BIN)/python scripts/lock.py $(if $(filter all,$(UPGRADE)),--upgrade,$(UPGRADE))

clean: ## containers and the tools' caches, never data
	@! command -v docker >/dev/null || $(COMPOSE) down --remove-orphans 2>/dev/null || true
	rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage dist build
	find src tests deploy -name __pycache__ -type d -prune -exec rm -rf {} +

clean-data: ## what the pipeline made; `dvc checkout` brings it back from DVC's cache
	rm -rf data/raw data/processed data/forecast models/forecaster models/.forecaster.* reports/notebooks

# One folder a group, each a superset of the one before; made anew when what it locks changes.
.venv/.pipeline: wanted := '.[pipeline]'
.venv/.serve: wanted := '.[pipeline,service,dashboard]'
.venv/.dev .venv/.real: wanted := '.[pipeline,refresh,service,dashboard]' --group dev
.venv/.real: wanted += --group real
.venv/.figures: wanted := '.[pipeline]' --group figures
.venv/.pipeline .venv/.serve .venv/.dev .venv/.real .venv/.figures: pyproject.toml constraints.txt | $(BIN)/uv
	uv pip install --quiet --constraint constraints.txt --editable $(wanted)
	@touch $@

$(BIN)/uv: constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
	  echo "Wearcast needs Python 3.11, 3.12 or 3.13, and $(PYTHON) is $$($(PYTHON) --version 2>&1)."; \
	  echo "Name another one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt uv
	@touch $@
