# Shared by the tests that are shell scripts: TAP, a scratch folder, comparing folders.
# Sourced with the repository root as working folder.
set -u
top=$PWD
bin=${BUILD:-$top/build}/clever2sds
generate=${BUILD:-$top/build}/tests/generate/generate
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
export SOURCE_DATE_EPOCH=1600000000
number=0
failed=0

# ok DESCRIPTION STATUS: one line of TAP; STATUS 0 is good.
ok() {
    number=$((number + 1))
    if [ "$2" -eq 0 ]; then
        echo "ok $number - $1"
    else
        echo "not ok $number - $1"
        failed=1
    fi
}

plan_done() {
    echo "1..$number"
    exit $failed
}

# The names and check sums of all files below a folder.
sums() { (cd "$1" && find . -type f | LC_ALL=C sort | xargs -r md5sum); }

# The same of the six files alone: what must not depend on how the export is packed.
csv_sums() { (cd "$1" && md5sum ./*.csv); }

# The check sums of a result but for files that the conditions, as for find, leave out, and for what
# it tells of the changes since the one before.
result_sums() ( # DIR [CONDITION...]
    cd "$1" || exit 1
    shift
    find . -type f ! -path ./review/changes.csv ! -path ./review/report.html \
        ! -path ./review/summary.json "$@" | LC_ALL=C sort | xargs md5sum
    sed -E '/"(comparison|state|before|added|removed|changed|(new|gone)_columns)":/d' \
        review/summary.json | md5sum
)
