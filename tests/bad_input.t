#!/bin/sh
# Bad input ends in status 3 with one line that names the file, and the output folder is byte for
# byte as before. The kinds that a fixture can hold are fixtures; here are those that cannot.
cd "$(dirname "$0")/.." || exit 1
. tests/helpers.sh

old=$scratch/old
mkdir -p "$scratch/in"
cp fixtures/good-v2.1-envelope/input/*.json "$scratch/in/"
"$bin" -q -o "$old" "$scratch/in"
ok 'the uncut export converts' $?
sums "$old" >"$scratch/before"

untouched() { sums "$old" | cmp -s - "$scratch/before"; }

# refused NAME: the last run ended in 3, with one line, and left the old result alone
refused() {
    [ "$status" -eq 3 ] && [ "$(wc -l <"$scratch/err")" -eq 1 ] &&
        grep -q '^clever2sds: .*students' "$scratch/err" && untouched
}

run() { "$bin" -o "$old" "$@" >"$scratch/told" 2>"$scratch/err"; status=$?; }

# The students file cut off behind every byte of its first kilobyte and of its last: nothing, or
# half a value, must never be published.
file=$scratch/in/students.json
cp "$file" "$scratch/whole"
size=$(wc -c <"$file")
bad=0
at=0
while [ "$at" -lt "$size" ]; do
    head -c "$at" "$scratch/whole" >"$file"
    rest=$(tail -c +$((at + 1)) "$scratch/whole" | tr -d ' \n')
    if [ -n "$rest" ]; then
        run "$scratch/in"
        refused || { bad=$((bad + 1)); echo "# cut at $at: status $status: $(cat "$scratch/err")"; }
    fi
    at=$((at + 1))
    [ "$at" -ne 1000 ] || [ "$size" -le 2000 ] || at=$((size - 1000))
done
[ "$bad" -eq 0 ]; ok "cut off at every byte ($size)" $?
cp "$scratch/whole" "$file"

# The same of a zip and of a gzip file, every 7th byte.
(cd "$scratch/in" && zip -q -X "$scratch/students.zip" ./*.json)
gzip -n <"$scratch/whole" >"$scratch/whole.gz"
bad=0
for packed in students.zip whole.gz; do
    size=$(wc -c <"$scratch/$packed")
    at=1
    while [ "$at" -lt "$size" ]; do
        head -c "$at" "$scratch/$packed" >"$scratch/students.cut"
        run "$scratch/students.cut"
        { [ "$status" -eq 3 ] && [ "$(wc -l <"$scratch/err")" -eq 1 ] && untouched; } ||
            { bad=$((bad + 1)); echo "# $packed cut at $at: status $status"; }
        at=$((at + 7))
    done
done
[ "$bad" -eq 0 ]; ok 'zip and gzip cut off' $?

# A zip whose end says that it has fewer members than it has.
cp "$scratch/students.zip" "$scratch/students.cut"
perl -e 'open F, "+<", $ARGV[0] or die; local $/; $z = <F>; $e = rindex $z, "PK\005\006";
         substr($z, $e + 8, 4) = pack "vv", 2, 2; seek F, 0, 0; print F $z' "$scratch/students.cut"
run "$scratch/students.cut"; refused; ok 'a zip that counts too few members' $?

# White space is not kept: 200 MB of it in a file of 200 kB.
{ printf '['; head -c 209715200 /dev/zero | tr '\0' ' '; printf '{"id":"1","name":{},"grade":"1"}]'; } | gzip -1 >"$scratch/blank.gz"
(ulimit -v 150000; "$bin" -j2 --check -o "$scratch/never" "$scratch/blank.gz" >/dev/null 2>"$scratch/err"; [ $? -eq 5 ])
status=$?
case $bin in */asan/* | */msan/* | */tsan/*) status=0 ;; esac # they need more address space than that
ok 'white space does not fill the memory' $status

# One row that never ends, without a quote that could be to blame.
{ printf 'School_id,Student_id\n'; head -c 68157440 /dev/zero | tr '\0' x; } | gzip -1 >"$scratch/students.csv.gz"
run "$scratch/students.csv.gz"; refused && grep -q 'row 1 is longer than 64 MiB' "$scratch/err"
ok 'a CSV row of 65 MiB' $?

# A zip is kept before it is looked at, and no more of it than is allowed.
"$bin" --max-bytes 1K -o "$old" - <"$scratch/students.zip" >"$scratch/told" 2>"$scratch/err"
[ $? -eq 3 ] && [ "$(wc -l <"$scratch/err")" -eq 1 ] && grep -q max-bytes "$scratch/err" && untouched
ok 'standard input beyond --max-bytes' $?

# A byte changed anywhere in the zip's data or directory: refused, or without effect on the files.
"$bin" -q -o "$scratch/zip" "$scratch/students.zip"
csv_sums "$scratch/zip" >"$scratch/good"
size=$(wc -c <"$scratch/students.zip")
bad=0
at=30
while [ "$at" -lt "$size" ]; do
    cp "$scratch/students.zip" "$scratch/students.cut"
    perl -e 'open F, "+<", $ARGV[0] or die; seek F, $ARGV[1], 0; read F, $b, 1;
             seek F, $ARGV[1], 0; print F chr(ord($b) ^ 0x41)' "$scratch/students.cut" "$at"
    rm -rf "$scratch/zip"
    "$bin" -q -o "$scratch/zip" "$scratch/students.cut" 2>"$scratch/err"
    status=$?
    case $status in
    3 | 5) ;;
    0 | 1) csv_sums "$scratch/zip" | cmp -s - "$scratch/good" ||
        { bad=$((bad + 1)); echo "# byte $at changed: published something else"; } ;;
    *) bad=$((bad + 1)); echo "# byte $at changed: status $status" ;;
    esac
    at=$((at + 13))
done
[ "$bad" -eq 0 ]; ok 'zip with a changed byte' $?

printf '[{"id":"%s"}]' "$(head -c 68157440 /dev/zero | tr '\0' x)" >"$file"
run "$scratch/in"; refused && grep -q '64 MiB' "$scratch/err"; ok 'a record of 65 MiB' $?
cp "$scratch/whole" "$file"

perl -e 'print "{\"data\":[{\"data\":{\"id\":\"x\",\"a\":", "[" x 600, "]" x 600, "}}]}"' >"$scratch/in/students2.json"
run "$scratch/in"
[ "$status" -eq 1 ] && grep -q '^error,unreadable_record,student,' "$old/review/errors.csv"
ok '600 levels of nesting cost one record' $?
rm -f "$scratch/in/students2.json"

run "$scratch/in"
run "$scratch/nothing-here-students"; [ "$status" -eq 3 ]; ok 'an EXPORT that is not there' $?
mkdir "$scratch/empty"
run "$scratch/empty"; [ "$status" -eq 5 ] && grep -q '^error,empty_entity,' "$old/review/errors.csv"
ok 'a folder without any roster' $?
plan_done
