#!/bin/sh
# The strict check of JSON and that of Python have the same opinion.
cd "$(dirname "$0")/.." || exit 1
exec python3 -B tests/json/second_opinion.py
