#!/bin/sh
# Archives and folders that were made to do harm.
cd "$(dirname "$0")/.." || exit 1
exec python3 -B tests/hostile/hostile.py
