#!/bin/sh
# A disk that is really full: DIR, and with it the temporary files, on file systems that are too
# small by less and less. Needs the right to mount one.
cd "$(dirname "$0")/.." || exit 1
. tests/helpers.sh
input=fixtures/good-v2.1-envelope/input
disk=$scratch/disk
mkdir "$disk"
if ! mount -t tmpfs -o size=64k none "$disk" 2>/dev/null; then
    echo '1..0 # SKIP a full disk: no right to mount a small file system here'
    exit 0
fi
trap 'umount "$disk"; rm -rf "$scratch"' EXIT

resize() { mount -o "remount,size=${1}k" none "$disk"; }

# failed PATTERN: the last run ended in 4 with one line that says so
failed() {
    [ "$status" -eq 4 ] && [ "$(wc -l <"$scratch/err")" -eq 1 ] && grep -q "$1" "$scratch/err"
}

# The old result takes part of the room; from one size on the new one fits beside it.
resize 1024
"$bin" -q -o "$disk/sds" "$input"; ok 'with room enough' $?
sums "$disk/sds" >"$scratch/old"
cp -r fixtures/demo/input "$scratch/new"
"$bin" -q -o "$scratch/whole" "$scratch/new"
csv_sums "$scratch/whole" >"$scratch/fresh"
used=$(du -sk "$disk" | cut -f1)
bad=0 refused=0 size=$used
while [ "$size" -le $((used + 400)) ]; do
    resize "$size"
    "$bin" -q --max-removed 100% -o "$disk/sds" "$scratch/new" 2>"$scratch/err"
    status=$?
    sums "$disk/sds" >"$scratch/now"
    if [ "$status" -eq 1 ]; then
        csv_sums "$disk/sds" | cmp -s - "$scratch/fresh" || bad=$((bad + 1))
        break
    fi
    refused=$((refused + 1))
    { failed 'No space left' && cmp -s "$scratch/now" "$scratch/old" &&
        [ "$(ls -A "$disk")" = sds ]; } ||
        { bad=$((bad + 1)); echo "# $size kB: status $status: $(cat "$scratch/err"); $(ls -A "$disk")"; }
    size=$((size + 4))
done
echo "# refused at $refused sizes, then published at $size kB"
[ "$bad" -eq 0 ] && [ "$refused" -gt 2 ] && [ "$status" -eq 1 ]
ok 'the old result stands until the new one fits' $?

# Standard input goes to a file without a name in the stage.
rm -rf "$disk/sds"
resize 64
"$generate" --version 2.1 --students 500 --seed 1 --one-file "$scratch/large"
cat "$scratch/large"/* | "$bin" -q -o "$disk/never" - 2>"$scratch/err"
status=$?
failed 'temporary file cannot be written' && [ -z "$(ls -A "$disk")" ]
ok 'no room for standard input' $?
plan_done
