# make demo | test | check | up | down | bench: nothing else to remember.
SHELL := /bin/bash
PYTHON ?= python3.11
BIN := .venv/bin
STUDY ?=

.PHONY: demo test check up down bench install

demo: install  ## set up, start the parts, draft a report of STUDY (or of a drawn phantom), print it, write out/
	@$(BIN)/python -m deploy.demo $(if $(STUDY),"$(STUDY)")

test: install  ## unit tests, and journeys with the real parts; ARGS="-k name" narrows it
	@$(BIN)/python -m pytest $(ARGS)

check: install  ## style, types, and who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

up: install  ## start the parts and leave them running
	@$(BIN)/wetread up

down:  ## end every process of this checkout, also after a crash
	@if [ -x $(BIN)/wetread ]; then $(BIN)/wetread down; else echo "nothing is installed, so nothing runs"; fi

bench: install  ## how fast, as ratios beside their aims, and where the time goes; refuses a busy machine (ARGS=--noisy)
	@$(BIN)/python -m deploy.bench $(ARGS)

install:
	@$(PYTHON) deploy/install.py
