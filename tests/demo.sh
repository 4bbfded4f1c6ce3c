#!/bin/sh
# Converts the demo district: zips it as a district's export would be, runs the program, says
# where everything is.  demo.sh BUILD
set -eu
build=$1
zip="$build/demo/export.zip"

rm -rf "$build/demo"
mkdir -p "$build/demo"
(cd fixtures/demo/input && zip -q -X -r - .) >"$zip"
echo "Converting $zip (a small made-up district, Clever API 3.0)"
echo
status=0
"$build/clever2sds" -o "$build/demo/sds" "$zip" || status=$?
[ "$status" -le 1 ] || exit "$status"
echo
echo "The six files for SDS and the review folder:"
ls -l "$build/demo/sds" "$build/demo/sds/review"
