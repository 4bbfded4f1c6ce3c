#!/bin/sh
# Rules of the house that a compiler does not know.  lint.sh BUILD
set -u
build=$1
failed=0

complain() { echo "lint: $*" >&2; failed=1; }

# Every header compiles alone.
for header in converter/*.h formats/*.h formats/*/*.h; do
    cc -std=c11 -D_GNU_SOURCE -I. -fsyntax-only -x c "$header" 2>/dev/null ||
        complain "$header does not compile alone"
done

# formats/ never looks up into converter/.
grep -rn '#include "converter/' formats && complain 'formats/ includes converter/'

# A foreign header is included only where it is wrapped.
wrapped() {
    header=$1; shift
    for file in $(grep -rlF "#include <$header>" converter formats); do
        case " $* " in *" $file "*) ;; *) complain "$file includes <$header>" ;; esac
    done
}
wrapped cjson/cJSON.h converter/summary.c converter/result.c converter/profile.c
wrapped csv.h formats/csv/cell.c formats/csv/row.c
wrapped zlib.h formats/source/gzip.c
wrapped minizip/unzip.h formats/source/zip.c
wrapped pthread.h converter/pipeline.c
wrapped seccomp.h converter/sandbox.c
wrapped linux/landlock.h converter/sandbox.c

# Every code has a fixture in which it is expected.
codes=$(sed -n 's/^ISSUE(\([a-z_]*\),.*/\1/p' converter/issue_codes.def)
for code in $codes; do
    grep -rlq "^[a-z]*,$code," fixtures/*/expected/out/review/errors.csv 2>/dev/null ||
        complain "no fixture expects the code $code"
done
[ "$(echo "$codes")" = "$(echo "$codes" | LC_ALL=C sort)" ] ||
    complain 'issue_codes.def is not in alphabetical order'

# Every fixture says what is expected, and everything in it is text.
for case in fixtures/*/; do
    [ -f "$case/args" ] || complain "$case has no args"
    [ -f "$case/expected/exit" ] || complain "$case has no expected/exit"
done
if command -v git >/dev/null 2>&1 && git rev-parse --git-dir >/dev/null 2>&1; then
    binary=$(git grep -lI -e '' -- . | sort >"$build/.text"
             git ls-files | while read -r f; do [ ! -s "$f" ] || echo "$f"; done | sort |
                 comm -13 "$build/.text" -)
    rm -f "$build/.text"
    [ -z "$binary" ] || complain "not text: $binary"
fi

exit $failed
