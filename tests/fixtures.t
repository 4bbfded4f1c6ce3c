#!/bin/sh
# Runs every case of fixtures/ and compares all that comes out, byte for byte.
#
#   fixtures.t [CASE]...            TAP; all cases when none is named
#   fixtures.t --update [CASE]...   stores what comes out as expected, and shows what changed
#
# A case is a folder: args (one argument a line), input/ and what else it needs, expected/. See
# converter/README.md for the other files. It is run in a scratch copy, with `-o out` unless args
# names an output folder, and again with one and with four threads.
#
# review/report.html is only compared in cases with -page- in their names, and without its style and
# script. Of all cases it is looked over at the end: whether it is well-formed, escaped and closed to
# the outside.
set -u
cd "$(dirname "$0")/.." || exit 1
top=$PWD
bin=${BUILD:-$top/build}/clever2sds
update=no
if [ "${1-}" = --update ]; then
    update=yes
    shift
fi
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
export SOURCE_DATE_EPOCH=1600000000
umask 077
. tests/cases.sh

# Leaves out what is the same in all pages, if it is what it should be.
cut_page() { # PAGE
    for part in style:css script:js; do
        tag=${part%:*}
        sed -n "/^<$tag>/,/^<\/$tag>/p" "$1" | sed "1s/^<$tag>//; \$d" |
            cmp -s - "converter/page/page.${part#*:}" || return 1
    done
    sed -i -e '/^<style>/,/^<\/style>/c <style>page.css</style>' \
        -e '/^<script>/,/^<\/script>/c <script>page.js</script>' -e "s/'sha256-[^']*'/'sha256'/g" "$1"
}

# Runs a case in WORK; its results go to RESULT, a whole page to $scratch/page.html.
run_case() { # CASE WORK RESULT [extra argument...]
    case_dir=$1 work=$2 result=$3
    shift 3
    prepare "$case_dir" "$work" || return 1
    rm -rf "$result"
    mkdir "$result"
    input=/dev/null
    [ ! -f "$work/stdin" ] || input=$work/stdin
    [ -s "$case_dir/args" ] && grep -qxE -- '-o|--output|--output=.*' "$case_dir/args" ||
        set -- "$@" -o out
    # Every line of args is one argument.
    while IFS= read -r line || [ -n "$line" ]; do
        set -- "$@" "$line"
    done <"$case_dir/args"
    # shellcheck disable=SC2086
    (cd "$work" && exec ${UNDER-} "$bin" "$@" <"$input" >"$result/stdout" 2>"$result/stderr")
    echo $? >"$result/exit"
    [ ! -d "$work/out" ] || cp -R "$work/out" "$result/out"
    rm -rf "$work" "$scratch/page.html"
    page=$result/out/review/report.html
    grep -q '<style>' "$page" 2>/dev/null || return 0 # none, or somebody else's
    cp "$page" "$scratch/page.html" && cut_page "$page"
}

# Whether a second run with other threads gives the same.
same_with() { # CASE RESULT THREADS
    [ -z "${UNDER-}" ] || return 0
    grep -qE -- '^(-j|--threads)' "$1/args" && return 0
    run_case "$1" "$scratch/work" "$scratch/again" "-j$3" || return 1
    diff -r "$2" "$scratch/again" >"$scratch/diff" 2>&1
}

check_case() { # CASE
    run_case "$1" "$scratch/work" "$scratch/result" || { echo 'cannot run, or the style or script of its page is not that of converter/page' >"$scratch/diff"; return 1; }
    without='--exclude=report.html'
    case $1 in *-page-*) without='' ;; esac
    [ ! -f "$scratch/page.html" ] || mv "$scratch/page.html" "$scratch/pages/$(basename "$1").html"
    if [ "$update" = yes ]; then
        # shellcheck disable=SC2086
        [ ! -d "$1/expected" ] || diff -r $without "$1/expected" "$scratch/result" >&2
        rm -rf "$1/expected"
        cp -R "$scratch/result" "$1/expected"
        [ -n "$without" ] && rm -f "$1/expected/out/review/report.html"
        return 0
    fi
    # shellcheck disable=SC2086
    diff -r $without "$1/expected" "$scratch/result" >"$scratch/diff" 2>&1 || return 1
    same_with "$1" "$scratch/result" 1 && same_with "$1" "$scratch/result" 4
}

if [ $# -eq 0 ]; then
    set -- $(ls fixtures)
fi
mkdir "$scratch/pages" || exit 1
echo "1..$(($# + 1))"
number=0
failed=0
for name in "$@"; do
    number=$((number + 1))
    if check_case "fixtures/$name"; then
        echo "ok $number - $name"
    else
        echo "not ok $number - $name"
        head -n 20 "$scratch/diff" | sed 's/^/# /'
        failed=1
    fi
done
if python3 -B tests/page/look_over.py "$scratch/pages" >"$scratch/said" 2>&1; then
    echo "ok $((number + 1)) - $(cat "$scratch/said")"
else
    echo "not ok $((number + 1)) - pages are well-formed, escaped and closed to the outside"
    head -n 20 "$scratch/said" | sed 's/^/# /'
    failed=1
fi
exit $failed
