#!/bin/sh
# Every summary.json that a fixture expects is valid by converter/summary.schema.json, which lets no
# mistake pass, and so are those of runs on made-up districts.
cd "$(dirname "$0")/.." || exit 1
. tests/helpers.sh

# Debian's python3-jsonschema belongs to Debian's python3.
for python in python3 /usr/bin/python3; do
    "$python" -c 'import jsonschema' 2>/dev/null && break
done

"$generate" --version 3.1 --students 300 --faults 5 --seed 3 "$scratch/json" || exit 1
"$generate" --shape csv --students 300 --seed 4 "$scratch/csv" || exit 1
"$bin" -q -o "$scratch/out" "$scratch/json"
cp "$scratch/out/review/summary.json" "$scratch/first.json"
"$bin" -q -o "$scratch/out" "$scratch/csv" 2>"$scratch/refused"
cp "$scratch/out/review/summary.json" "$scratch/second.json"
grep -q '^clever2sds: .*: not published: .*--max-removed' "$scratch/refused" || exit 1

# Runs that fail leave the summary that stood there before; those of the cases are made up.
set -- "$scratch/first.json" "$scratch/second.json"
for summary in fixtures/*/expected/out/review/summary.json; do
    cmp -s "$summary" "${summary%/expected/*}/old/review/summary.json" || set -- "$@" "$summary"
done

"$python" -B tests/summary.py converter/summary.schema.json "$@"
