#!/bin/sh
# Runs the fuzz targets one after the other.  run.sh BUILD SECONDS [TARGET...]
# What is found stays in BUILD/fuzz: the corpus for the next time, and inputs that break something.
set -eu
build=$(cd "$1" && pwd) seconds=$2
shift 2
[ $# -gt 0 ] || set -- $(ls "$build/tests/fuzz" | sed -n 's/^fuzz_\([a-z_]*\)$/\1/p')
failed=0 total=0
for target in "$@"; do
    corpus=$build/fuzz/$target
    found=$build/fuzz/found-$target-
    log=$build/fuzz/$target.log
    mkdir -p "$corpus"
    python3 -B tests/fuzz/seeds.py "$target" "$build/fuzz/seeds-$target"
    if "$build/tests/fuzz/fuzz_$target" -max_total_time="$seconds" -max_len=16384 -timeout=20 \
        -rss_limit_mb=2048 -dict=tests/fuzz/json.dict -artifact_prefix="$found" \
        -print_final_stats=1 "$corpus" "$build/fuzz/seeds-$target" >"$log" 2>&1; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
        covered=$(sed -n 's/.* cov: \([0-9]*\) ft: \([0-9]*\) .*/\1 edges, \2 features/p' "$log" | tail -n 1)
        echo "$target: $runs runs, $covered"
        total=$((total + runs))
    else
        failed=1
        echo "$target: FAILED, see $log"
        grep -E 'does not hold|ERROR|SUMMARY|Test unit written' "$log" || tail -n 5 "$log"
    fi
done
[ $failed -ne 0 ] || echo "$total runs in all, nothing found"
exit $failed
