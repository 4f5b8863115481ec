# Two commands do everything on a fresh machine: `make run` and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help run test coverage lint bench faults diagrams readme assets clean

help: ## Say what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

$(READY): pyproject.toml constraints.txt hatch_build.py $(shell find frontend -path frontend/node_modules -prune -o -type f -print)
	@echo "首次运行：正在安装依赖，约需一分钟 · first run: installing, about a minute"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $(READY)

run: $(READY) ## Start the service with the demonstration town and say where to sign in
	$(BIN)/decision-engine serve --demo

test: $(READY) lint ## Run every check and every test
	@test -x /usr/bin/chromium || echo "注意：缺少浏览器，页面测试将被跳过。需要：apt-get install chromium fonts-noto-cjk" \
	  "· without /usr/bin/chromium the tests of the pages are skipped: apt-get install chromium fonts-noto-cjk"
	$(BIN)/python -m pytest -n 2 --dist worksteal

coverage: $(READY) ## Run every test and say which lines and branches none of them takes
	$(BIN)/python -m pytest -n 2 --dist worksteal --cov --cov-report=term --cov-fail-under=95

lint: $(READY) ## Style, types, floors of the house
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY) ## Measure the budgets, as ratios in one run
	$(BIN)/python -m bench

faults: $(READY) ## The long campaigns: thousands of random diagrams and runs
	DECISION_ENGINE_CAMPAIGN=1 $(BIN)/python -m pytest -n 2 --dist worksteal -m campaign

diagrams: $(READY) ## Draw bpmn/*.bpmn anew from their sources
	$(BIN)/python -m tools.diagrams

readme: $(READY) ## Write the tables of README.md anew from the code
	$(BIN)/python -m tools.readme

assets: $(READY) ## Build the pages' assets again after a change in frontend/
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e .

clean: ## Remove what was built
	rm -rf $(VENV) frontend/node_modules decision_engine/web/static build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
