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
# review/report.html is only compared in cases with -page- in their names. Of all cases it is looked
# over at the end: whether it is well-formed, escaped and closed to the outside.
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

# The members of FOLDER in ARCHIVE, sorted, without anything that differs from run to run.
make_zip() { # ARCHIVE FOLDER [zip option...]
    archive=$PWD/$1 folder=$2
    shift 2
    (cd "$folder" && find . -type f | sed 's|^\./||' | LC_ALL=C sort |
        zip -q -X -D "$@" "$scratch/new.zip" -@) && mv "$scratch/new.zip" "$archive"
}

pack_line() { # COMMAND ARGUMENT...
    command=$1
    shift
    case $command in
    zip) make_zip "$1" "$2" ;;
    zip-encrypted) make_zip "$1" "$2" -P secret ;;
    gzip) gzip -n "$1" ;;
    gzip-stdin) gzip -n <stdin >stdin.gz && mv stdin.gz stdin ;;
    cut) dd if="$1" of="$1.cut" bs="$2" count=1 2>/dev/null && mv "$1.cut" "$1" ;;
    flip) perl -e 'open F, "+<", $ARGV[0] or die; seek F, $ARGV[1], $ARGV[1] < 0 ? 2 : 0;
                   read F, $b, 1; seek F, -1, 1; print F ~$b' "$1" "$2" ;;
    remove) rm -rf "$1" ;;
    bom) { printf '\357\273\277'; cat "$1"; } >"$1.bom" && mv "$1.bom" "$1" ;;
    cr) tr '\n' '\r' <"$1" >"$1.cr" && mv "$1.cr" "$1" ;;
    crlf) sed 's/$/\r/' "$1" >"$1.crlf" && mv "$1.crlf" "$1" ;;
    repeat) perl -e 'print $ARGV[0] x $ARGV[1]' "$2" "$3" >>"$1" ;;
    bytes) file=$1; shift; perl -e 'print map { pack "H*", $_ } @ARGV' "$@" >>"$file" ;;
    rows) perl -e 'for my $i (1 .. $ARGV[0]) { (my $row = $ARGV[1]) =~ s/%d/$i/g; print "$row\n" }' \
        "$2" "$3" >>"$1" ;;
    mkdir) mkdir -p "$1" ;;
    symlink) ln -s "$1" "$2" ;;
    *) echo "unknown pack line: $command" >&2; return 1 ;;
    esac
}

prepare() { # CASE WORK
    mkdir "$2" || return 1
    for part in input stdin old; do
        [ ! -e "$1/$part" ] || cp -R "$1/$part" "$2/" || return 1
    done
    [ ! -d "$2/old" ] || mv "$2/old" "$2/out"
    [ -f "$1/pack" ] || return 0
    while read -r line; do
        # shellcheck disable=SC2086
        [ -z "$line" ] || (cd "$2" && pack_line $line) || return 1
    done <"$1/pack"
}

# Runs a case in WORK; its results go to RESULT.
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
    (cd "$work" && exec "$bin" "$@" <"$input" >"$result/stdout" 2>"$result/stderr")
    echo $? >"$result/exit"
    [ ! -d "$work/out" ] || cp -R "$work/out" "$result/out"
    rm -rf "$work"
}

# Whether a second run with other threads gives the same.
same_with() { # CASE RESULT THREADS
    grep -qE -- '^(-j|--threads)' "$1/args" && return 0
    run_case "$1" "$scratch/work" "$scratch/again" "-j$3" || return 1
    diff -r "$2" "$scratch/again" >"$scratch/diff" 2>&1
}

check_case() { # CASE
    run_case "$1" "$scratch/work" "$scratch/result" || { echo 'cannot run' >"$scratch/diff"; return 1; }
    without='--exclude=report.html'
    case $1 in *-page-*) without='' ;; esac
    if [ -f "$scratch/result/out/review/report.html" ]; then
        cp "$scratch/result/out/review/report.html" "$scratch/pages/$(basename "$1").html" || return 1
    fi
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
