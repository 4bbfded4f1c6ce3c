#!/bin/sh
# Every call that can fail fails once (a part of `make check-faults`); and a disk that is full.
cd "$(dirname "$0")/.." || exit 1
exec python3 -B tests/faults/faults.py --quick
