PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEMO := build/demo

.DEFAULT_GOAL := help
.PHONY: help install demo test lint docs pythons bench bench-gpu clean

help: ## Show this help
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check -q -c constraints.txt -e '.[dev]'
	touch $@

install: $(STAMP) ## Create .venv and install tpsence in it with the tested versions

demo: $(STAMP) ## Run the main job on the example dataset; the result goes to build/demo
	$(BIN)/python examples/demo.py --out $(DEMO)

test: $(STAMP) ## Run the tests
	$(BIN)/python -m pytest -n $$($(BIN)/python -c 'import os; print(min(4, (os.cpu_count() or 1) + 1))') --dist loadfile --no-loadscope-reorder

lint: $(STAMP) ## Check style, types and the floors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy tests benchmarks examples models docs .ci/pythons.py
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile examples/ray/Dockerfile
	$(BIN)/shellcheck .ci/run examples/slurm/* examples/ray/*.sbatch

docs: $(STAMP) ## Renew the tables of options in docs/ and make a site of it, in build/site
	$(BIN)/python docs/options.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

pythons: $(STAMP) ## Run what needs no torch on the other Pythons that are promised and at hand
	$(BIN)/python .ci/pythons.py

bench: $(STAMP) ## Measure the speed on this CPU, beside the plain way in the same run (20 minutes)
	$(BIN)/python benchmarks/augment.py --device cpu
	$(BIN)/python benchmarks/translator.py --device cpu
	$(BIN)/python benchmarks/train.py --device cpu
	$(BIN)/python benchmarks/segment.py
	$(BIN)/python benchmarks/precision.py --device cpu
	$(BIN)/python benchmarks/overhead.py
	$(BIN)/python benchmarks/ray_engine.py --part overhead
	$(BIN)/python benchmarks/labels.py
	$(BIN)/python benchmarks/water.py

bench-gpu: $(STAMP) ## Measure the speed on a GPU, beside the plain way in the same run
	$(BIN)/python benchmarks/augment.py --device cuda --precision bf16 --size 1280x720 --images 2000 --repeats 1
	$(BIN)/python benchmarks/train.py --device cuda --precision bf16 --batch-size 16 --compile --steps 20
	$(BIN)/python benchmarks/precision.py --device cuda
	$(BIN)/python benchmarks/growth.py --device cuda --precision bf16 --batches 1 4 16 32 --out build/gpu

clean: ## Delete .venv and everything the other targets made
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
