#!/bin/sh
# Prints which share of the lines and branches of converter/ and formats/ the tests came by, file by
# file; fails when it is too small.  report.sh BUILD
#
# Counted as gcov counts in a program built without optimisation: a line is one with code in it; a
# branch is each way out of a condition, where `a && b` are two conditions of two ways each, and each
# way through a switch. Nothing is left out but what a comment in the source names with its reason
# (GCOVR_EXCL_LINE, GCOVR_EXCL_START and GCOVR_EXCL_STOP).
set -eu
build=$1
lines=95
branches=85

gcovr --root . --object-directory "$build" --filter converter/ --filter formats/ \
    --csv "$build/report.csv" --html-details "$build/report.html" "$build"
LC_ALL=C awk -F, -v lines=$lines -v branches=$branches '
    function show(name, covered, all, covered_branches, all_branches) {
        printf "%-30s %6d %6d %6.1f %% %6d %6d %6.1f %%\n", name, all, covered,
            all ? 100 * covered / all : 100, all_branches, covered_branches,
            all_branches ? 100 * covered_branches / all_branches : 100
    }
    NR == 1 {
        for (i = 1; i <= NF; i++)
            column[$i] = i
        printf "%-30s %6s %6s %8s %6s %6s %8s\n", "", "lines", "run", "", "ways", "taken", ""
        next
    }
    {
        all += $column["line_total"]
        covered += $column["line_covered"]
        all_branches += $column["branch_total"]
        covered_branches += $column["branch_covered"]
        show($1, $column["line_covered"], $column["line_total"], $column["branch_covered"],
             $column["branch_total"])
    }
    END {
        if (!all || !all_branches) {
            print "coverage: nothing was counted"
            exit 1
        }
        show("all", covered, all, covered_branches, all_branches)
        if (100 * covered < lines * all || 100 * covered_branches < branches * all_branches) {
            printf "coverage: less than %d %% of the lines or %d %% of the branches\n", lines, branches
            exit 1
        }
    }' "$build/report.csv"
echo "What is not covered: $build/report.html"
