#!/bin/sh
# Recorded answers of Clever, where they stand beside the tree ($SAMPLES); they are not part of it.
cd "$(dirname "$0")/.." || exit 1
. tests/helpers.sh
samples=${SAMPLES:-../shared/samples}
if [ ! -d "$samples/v1.1-district" ]; then
    echo '1..0 # skip no recorded samples here'
    exit 0
fi

rows() { echo $(($(wc -l <"$scratch/out/$1.csv") - 1)); }
counts() { echo "$(rows School) $(rows Teacher) $(rows Student) $(rows Section) $(rows TeacherRoster) $(rows StudentEnrollment)"; }
convert() { rm -rf "$scratch/out"; "$bin" -q -o "$scratch/out" "$@"; }

district=$samples/v1.1-district
convert "$district"; ok 'v1.1-district converts' $?
[ "$(counts)" = '3 89 1004 379 379 8963' ]; ok 'with all its records' $?
! grep -qE '^[a-z]*,(unknown|rejected)_' "$scratch/out/review/errors.csv"; ok 'and no dangling reference' $?
! grep -rqF "$(sed -n 's/.*"district_password":"\([^"]*\)".*/\1/p' "$district/students.json" | head -n 1)" "$scratch/out"
ok 'and no password' $?
csv_sums "$scratch/out" >"$scratch/sums"
same() { [ "$2" -eq 0 ] && csv_sums "$scratch/out" | cmp -s - "$scratch/sums"; ok "$1" $?; }
for threads in 1 4; do
    convert -j$threads "$district"; same "as a folder, -j$threads" $?
    (cd "$district" && zip -q -X -r - .) >"$scratch/x.zip"
    convert -j$threads "$scratch/x.zip"; same "as a zip, -j$threads" $?
    mkdir -p "$scratch/gz"
    for f in "$district"/*.json; do gzip -n <"$f" >"$scratch/gz/$(basename "$f").gz"; done
    convert -j$threads "$scratch/gz"; same "as gzip files, -j$threads" $?
    cat "$district"/*.json | convert -j$threads -; same "as one stream, -j$threads" $?
done

convert "$samples/v3.0-partial"
[ $? -eq 5 ] && grep -q '^error,missing_page,' "$scratch/out/review/errors.csv"; ok 'v3.0-partial is incomplete' $?
convert --allow-incomplete "$samples/v3.0-partial"
[ $? -le 1 ] && grep -q '^warning,unknown_member,' "$scratch/out/review/errors.csv"
ok 'and goes with --allow-incomplete, telling what dangles' $?
plan_done
