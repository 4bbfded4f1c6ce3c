#!/bin/sh
# One district once from Clever's API and once as Clever's CSV files: the six files are the same.
cd "$(dirname "$0")/.." || exit 1
. tests/helpers.sh

for format in json csv; do
    "$bin" -q -o "$scratch/$format" --id sis --columns all "fixtures/good-csv-same-district-$format/input"
    ok "the district as $format converts" $?
done
for file in School Section Student Teacher TeacherRoster StudentEnrollment; do
    cmp -s "$scratch/json/$file.csv" "$scratch/csv/$file.csv"
    ok "$file.csv is the same from both" $?
    [ "$(wc -l <"$scratch/csv/$file.csv")" -gt 3 ]
    ok "$file.csv has rows" $?
done
plan_done
