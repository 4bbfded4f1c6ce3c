#!/bin/sh
# However an export is packed and with however many threads, the six files are the same bytes:
# every generated version, as folder, zip, gzip files, one stream, in pages, pretty-printed.
cd "$(dirname "$0")/.." || exit 1
. tests/helpers.sh

convert() { # OUT EXPORT [option...]
    rm -rf "$scratch/$1"
    out=$scratch/$1
    shift
    "$bin" -q -o "$out" "$@"
}

same() { # DESCRIPTION STATUS
    [ "$2" -eq 0 ] && csv_sums "$scratch/out" | cmp -s - "$scratch/sums"
    ok "$1" $?
}

for version in 1.1 1.2 2.0 2.1 3.0 3.1; do
    dir=$scratch/$version
    "$generate" --version "$version" --students 1500 --seed 7 "$dir" &&
        convert out "$dir" -j1
    status=$?
    csv_sums "$scratch/out" >"$scratch/sums"
    [ "$status" -eq 0 ] && ! grep -q '^error' "$scratch/out/review/errors.csv"
    ok "$version converts without an error line" $?
    convert out "$dir" -j4; same "$version with four threads" $?
    (cd "$dir" && zip -q -X -r "$scratch/x.zip" .)
    convert out "$scratch/x.zip" -j2; same "$version as a zip" $?
    rm -f "$scratch/x.zip"
    cat "$dir"/*.json | convert out - ; same "$version as one stream" $?
    cat "$dir"/*.json | gzip | convert out - ; same "$version as one gzipped stream" $?
    gzip "$dir"/*.json
    convert out "$dir"; same "$version as gzip files" $?
    rm -rf "$dir"
    "$generate" --version "$version" --students 1500 --seed 7 --pages 7 "$dir" &&
        convert out "$dir"; same "$version in seven pages" $?
    rm -rf "$dir"
    "$generate" --version "$version" --students 1500 --seed 7 --indent "$dir" &&
        convert out "$dir"; same "$version pretty-printed" $?
    rm -rf "$dir"
    for shape in array ndjson combined; do
        "$generate" --version "$version" --students 1500 --seed 7 --shape "$shape" --one-file "$dir" &&
            convert out "$dir"; same "$version as $shape in one file" $?
        rm -rf "$dir"
    done
done

# Files whose beginning says one thing and whose end another: what was guessed from the first
# megabyte turns out wrong, and all is read again.
"$generate" --version 2.1 --students 4000 --seed 3 "$scratch/plain" &&
    convert out "$scratch/plain"
csv_sums "$scratch/out" >"$scratch/sums"
mkdir "$scratch/mixed"
cat "$scratch/plain/students.json" "$scratch/plain/sections.json" "$scratch/plain/teachers.json" \
    "$scratch/plain/schools.json" "$scratch/plain/terms.json" "$scratch/plain/courses.json" \
    >"$scratch/mixed/export.json"
for threads in 1 4; do
    convert out "$scratch/mixed" -j$threads; same "one file in the wrong order, -j$threads" $?
done
mkdir "$scratch/halves"
cp "$scratch/plain/"*.json "$scratch/halves/"
cat "$scratch/plain/students.json" "$scratch/plain/sections.json" >"$scratch/halves/students.json"
rm "$scratch/halves/sections.json"
convert out "$scratch/halves"; same 'sections behind the students' $?

# More white space before the first value than is read at once; a zip that is gzipped.
mkdir "$scratch/blank"
for file in "$scratch/plain/"*.json; do
    { head -c 1000000 /dev/zero | tr '\0' ' '; cat "$file"; } >"$scratch/blank/${file##*/}"
done
convert out "$scratch/blank"; same 'behind white space' $?
(cd "$scratch/plain" && zip -q -X -r "$scratch/x.zip" . && gzip "$scratch/x.zip")
mkdir "$scratch/packed" && mv "$scratch/x.zip.gz" "$scratch/packed"
convert out "$scratch/packed/x.zip.gz"; same 'a zip that is gzipped' $?
convert out "$scratch/packed"; same 'in a folder, too' $?
plan_done
