# One command each. `make` alone lists them.

PYTHON ?= python3
BIN := .venv/bin

# Where this machine keeps wheels of its own, uv looks there too; elsewhere it takes the build of torch without CUDA from
# download.pytorch.org, or, where UV_TORCH_BACKEND is set to nothing, the package index's own.
ifdef PIP_FIND_LINKS
export UV_FIND_LINKS ?= $(PIP_FIND_LINKS)
endif
ifndef UV_FIND_LINKS
export UV_TORCH_BACKEND ?= cpu
endif
ifeq ($(UV_TORCH_BACKEND),)
unexport UV_TORCH_BACKEND
endif

# The stages call `wearcast`, and DVC calls them, by name.
export PATH := $(CURDIR)/$(BIN):$(PATH)
export VIRTUAL_ENV := $(CURDIR)/.venv

# Tests start hundreds of programs, each of which finds torch, pandas and our own code compiled.
unexport PYTHONDONTWRITEBYTECODE

MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := help
.PHONY: help setup repro retrain serve dashboard notebook build run log test test-real test-deploy lint regenerate remote lock clean clean-data

help: ## list these commands
	@sed -n 's/^\([a-z-]*%*\):[^#]*## \(.*\)/  make \1	\2/p' Makefile | expand -t 26

setup: .venv/.dev ## install all that development needs into .venv

repro: .venv/.pipeline ## set up, run the pipeline, print the scores, an outlook and what to wear tomorrow
	@git rev-parse --is-inside-work-tree >/dev/null 2>&1 || dvc config --local core.no_scm true
	@wearcast check-params
	dvc repro
	@wearcast report
	@echo
	@wearcast advise --date tomorrow
	@wearcast explain-lock

retrain: .venv/.pipeline ## ingest what is new, train a challenger, and let the gate decide whether it takes the committed one's place
	wearcast retrain || test $$? -eq 4

serve: .venv/.serve ## the dashboard on http://127.0.0.1:8501, the API on :8000/docs, and a refresh every hour; ends with Ctrl-C
	@test -f models/forecaster/manifest.json -a -f reports/verification.json || $(MAKE) repro
	@wearcast refresh --every $${WEARCAST_REFRESH_EVERY:-1h} & refresh=$$!; wearcast dashboard & dashboard=$$!; \
	  WEARCAST_FEEDBACK=$${WEARCAST_FEEDBACK-sqlite:///data/serving/feedback/votes.db} wearcast serve & api=$$!; \
	  trap "trap - EXIT INT TERM; kill $$refresh $$dashboard $$api 2>/dev/null; wait" EXIT INT TERM; wait $$api

dashboard: .venv/.serve ## the dashboard alone; it asks the API that runs here, or works the answers out itself
	wearcast dashboard

build: ## the images of the API, the dashboard and refresh; wants Docker with Compose
	deploy/build

COMPOSE := docker compose --file deploy/compose.yaml --file deploy/compose.local.yaml

run: build ## the containers: the API and its documents on http://127.0.0.1:8000/docs, the dashboard on http://127.0.0.1:8501; MONITORING=1 for Grafana on http://127.0.0.1:3000 too
	$(COMPOSE) up --detach --wait service-blue dashboard-blue
	$(COMPOSE) up --detach refresh $(if $(MONITORING),prometheus alertmanager retraining grafana)

log: ## what the containers say, until Ctrl-C
	$(COMPOSE) logs --follow --tail 100

# FULL=1 also runs the tests marked full, which repeat a claim that another test holds. SHARD=2/4 runs the second of four parts.
REPEATED := $(if $(FULL),, and not full)

# More threads of numerical libraries would only wait for each other.
test test-real: export OMP_NUM_THREADS ?= 1

# Two processes test on two cores. A file's tests share a process (tests/sharing.py). In the order of their folders, short ones come
# last: neither waits for the other.
BOTH := -n 2 --dist loadfile --no-loadscope-reorder

# Coverage takes a third more of the processor's time, and changes little from one day to the next.
COVERAGE := $(if $(FULL),--cov)

test: .venv/.dev ## the tests that need nothing beyond Python and git: ARGS="tests/unit -k sun"; FULL=1 for coverage too
	pytest -m "not real and not deploy$(REPEATED)" $(BOTH) $(or $(ARGS),$(COVERAGE))

FROM_NPM := tests/dashboard/node_modules/.package-lock.json tests/grafana/node_modules/.package-lock.json

test-real: .venv/.real $(FROM_NPM) ## the tests with real parts: pipelines, an S3 server, a browser, faults; FULL=1 for all of them
	pytest -m "real$(REPEATED)" $(BOTH) $(ARGS)

test-deploy: .venv/.real ## real images, rolled out by a real engine at DOCKER_HOST under load; FULL=1 for every way to fail
	pytest -m "deploy$(REPEATED)" $(ARGS)

# Its hooks only look; FIX=1 writes what ruff and nbstripout can mend.
lint: .venv/.dev ## what pre-commit checks: style, types, the rooms' contracts, clean notebooks, workflows; FIX=1 mends what it can
ifdef FIX
	ruff check --quiet --fix-only
	ruff format --quiet
	git ls-files -z '*.ipynb' | xargs -0 nbstripout --keep-id --extra-keys metadata.language_info
endif
	pre-commit run --all-files

$(FROM_NPM): %/node_modules/.package-lock.json: %/package-lock.json
	@command -v npm >/dev/null || { echo "without npm, the tests with what $* takes from it are skipped"; exit 0; }; npm ci --prefix $* --silent

notebook: .venv/.notebook ## open the notebooks in JupyterLab
	jupyter lab notebooks

remote: .venv/.pipeline ## keep data and models in S3: URL=s3://bucket/prefix [ENDPOINT=http://host:port]
	@test -n "$(URL)" || { echo "make remote URL=s3://bucket/prefix [ENDPOINT=http://host:port]"; exit 2; }
	@wearcast set-remote "$(URL)" --endpoint "$(ENDPOINT)"

# A benchmark: the environment it needs, and its script in tests/bench with what that is given.
bench-seoul = .venv/.pipeline seoul.py validation $(if $(DATA),"$(DATA)")
bench-seoul-test = .venv/.pipeline seoul.py test $(if $(DATA),"$(DATA)")
bench-drift = .venv/.pipeline drift.py $(if $(DATA),"$(DATA)")
bench-rain = .venv/.pipeline rain.py $(if $(DATA),"$(DATA)")
bench-places = .venv/.pipeline places.py $(if $(DATA),"$(DATA)") $(PERIOD)
bench-skill = .venv-skill/.peers skill.py $(or $(PERIOD),validation) $(if $(DATA),"$(DATA)")
bench-guidance = .venv/.pipeline guidance.py $(if $(DATA),"$(DATA)" "$(PERIOD)" "$(MODELS)")
bench-guidance-kma = .venv/.pipeline guidance_kma.py $(if $(DATA),"$(DATA)")
bench-guidance-rain = .venv/.pipeline guidance_rain.py $(if $(DATA),"$(DATA)" "$(PERIOD)" "$(MODELS)")
bench-ingest = .venv/.pipeline ingest.py $(BASE)
bench-cluster = .venv/.dev cluster.py $(STATIONS)
bench-clothes = .venv/.pipeline clothes.py $(if $(DATA),"$(DATA)")
bench-refresh-guidance = .venv/.pipeline refresh_guidance.py $(STATIONS)
bench-scale = .venv/.pipeline scale.py $(COUNTS)
bench-advice = .venv/.pipeline advice.py
bench-gate = .venv/.pipeline gate.py $(if $(DATA),"$(DATA)" $(MONTHS))
bench-service = .venv/.serve service.py
bench-store-size = .venv/.pipeline store_size.py $(STATIONS)
bench-variants = .venv/.serve variants.py
bench-scale-api = .venv/.serve scale_api.py $(STATIONS)
bench-dashboard = .venv/.real dashboard.py
bench-hostile = .venv/.real hostile.py $(PARTS)
bench-soak = .venv/.serve soak.py $(MINUTES)
BENCHMARKS := $(sort $(filter bench-%,$(.VARIABLES)))

.SECONDEXPANSION:
bench-%: $$(firstword $$($$@)) ## measure: seoul, seoul-test, drift, rain, places (DATA=folder [PERIOD=validation]), guidance, guidance-kma, guidance-rain or clothes (DATA=folder), cluster ([STATIONS=96]), skill ([DATA=folder] [PERIOD=test]), advice, gate (DATA=folder [MONTHS=3]), refresh-guidance ([STATIONS=50]), scale ([COUNTS="3 50 500 2000"]), store-size ([STATIONS=500]), ingest ([BASE=revision]), service, variants, scale-api ([STATIONS=2000]), dashboard, hostile (PARTS="api …"), soak (MINUTES=60)
	@test -n '$($@)' || { echo "There is no benchmark $@. There are: $(BENCHMARKS)"; exit 2; }
	$(BIN)/python tests/bench/$(wordlist 2,9,$($@))

# What a command writes into the repository, and the script in scripts/ that does.
regenerate-messages := messages.py
regenerate-docs := clothing_docs.py
regenerate-words := words.py
regenerate-examples := api_examples.py
regenerate-tables := document_tables.py
regenerate-costs := scale_costs.py
regenerate-figures := draw_figures.py
regenerate-icons := app_icons.py
regenerate-pictures := dashboard_pictures.py
regenerate-screens := first_screen_pictures.py
ONLY ?= messages docs words examples tables costs figures icons pictures screens

regenerate: .venv/.$$(if $$(filter figures icons pictures screens,$$(ONLY)),figures,dev) ## write anew what comes from code and model: ONLY="messages docs words examples tables costs figures icons pictures screens"
	@$(foreach part,$(ONLY),$(if $(regenerate-$(part)),,$(error Nothing is called $(part) here: ONLY="messages docs words examples tables costs figures icons pictures screens")))
	$(foreach part,$(ONLY),$(BIN)/python scripts/$(regenerate-$(part)) &&) true

lock: .venv/.dev ## resolve constraints.txt and requirements/ anew; pins stay but for UPGRADE="package …" or UPGRADE=all
	$(BIN)/python scripts/lock.py $(if $(filter all,$(UPGRADE)),--upgrade,$(UPGRADE))

clean: ## containers and the tools' caches, never data
	@! command -v docker >/dev/null || $(COMPOSE) --profile monitoring down --remove-orphans 2>/dev/null || true
	rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage dist build dvc_plots
	find src tests deploy -name __pycache__ -type d -prune -exec rm -rf {} +

clean-data: ## what the pipeline made; `dvc checkout` brings it back from DVC's cache
	rm -rf data/raw data/processed data/forecast models/forecaster models/judged models/.forecaster.* models/.judged.* reports/notebooks reports/quality.json reports/verification.json

# One folder for all; but for notebook, each is a superset of the one before. Made anew when what it locks changes.
.venv/.notebook: wanted := '.[pipeline]' --group notebook
.venv/.pipeline: wanted := '.[pipeline]'
.venv/.serve: wanted := '.[pipeline,service,dashboard]'
.venv/.dev .venv/.real .venv/.figures: wanted := '.[pipeline,refresh,cluster,service,postgres,dashboard]' --group dev
.venv/.real .venv/.figures: wanted += --group real
.venv/.figures: wanted += --group figures
.venv/.pipeline .venv/.notebook .venv/.serve .venv/.dev .venv/.real .venv/.figures: pyproject.toml constraints.txt | $(BIN)/uv
	@scripts/install.sh $(wanted)
	@touch $@

# What bench-skill compares with, apart from the lock. A peer that can't be installed is told in its tables.
PEERS := lightgbm neuralforecast fracast

.venv-skill/.peers: requirements/skill.txt | .venv/.pipeline
	@test -d .venv-skill || $(BIN)/uv venv --quiet --python $(BIN)/python .venv-skill
	@installed=1; for peer in $(PEERS); do echo "uv pip install --constraint requirements/skill.txt $$peer torch"; \
	  $(BIN)/uv pip install --quiet --python .venv-skill/bin/python --constraint requirements/skill.txt $$peer torch || installed=; done; \
	  test -z "$$installed" || touch $@

# What is in .venv names its folder, and doesn't start where the checkout was moved since.
MADE_AT := $(shell sed -n 's/^command = .* -m venv //p' .venv/pyvenv.cfg 2>/dev/null)
ifneq ($(MADE_AT),)
ifneq ($(MADE_AT),$(CURDIR)/.venv)
.PHONY: .moved
.moved:
	@echo "This checkout was moved from $(patsubst %/.venv,%,$(MADE_AT)), so .venv is made anew."
	rm -rf .venv
.venv/.pipeline .venv/.notebook .venv/.serve .venv/.dev .venv/.real .venv/.figures $(BIN)/uv: .moved
endif
endif

$(BIN)/uv: constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
	  echo "Wearcast needs Python 3.11, 3.12 or 3.13, and $(PYTHON) is $$($(PYTHON) --version 2>&1)."; \
	  echo "Name another one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt uv
	@touch $@
