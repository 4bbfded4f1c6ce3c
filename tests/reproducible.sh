#!/bin/bash
# Builds everything that is handed out twice, in two folders, with two times, umasks, locales and
# time zones, from the source archive; it must be the same bytes.
#   reproducible.sh BUILD ARCHITECTURE     the libraries of BUILD/static/ARCHITECTURE are used
set -euo pipefail
cd "$(dirname "$0")/.."
libraries=$(realpath "$1/static/$2/libraries")
arch=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

make --no-print-directory dist BUILD="$scratch/first" >/dev/null

# The archive once more, out of the archive: what there is to hand out.
build() { # FOLDER TIME-OF-ITS-FILES
    mkdir -p "$1"
    tar -xf "$scratch"/first/dist/*.tar.gz --no-same-permissions --strip-components=1 -C "$1"
    find "$1" -exec touch -h -d "$2" {} +
    # Another folder of libraries than that of the other build.
    mkdir -p "$1/build/static/$arch"
    cp -R "$libraries" "$1/build/static/$arch/libraries"
    (cd "$1" && make --no-print-directory all static deb dist STATIC="$arch") >"$1.log" 2>&1 ||
        { tail -n 20 "$1.log" >&2; return 1; }
    mkdir "$1/out"
    cp "$1"/build/clever2sds "$1"/build/share/* "$1"/build/deb/*.deb "$1"/build/dist/*.tar.gz \
        "$1"/build/static/clever2sds-* "$1/out"
}

(umask 022 && TZ=UTC LC_ALL=C build "$scratch/one" '2 days ago')
(umask 077 && TZ=Pacific/Auckland LC_ALL=C.UTF-8 build "$scratch/another/much/longer/name" now)

cd "$scratch/another/much/longer/name/out"
for file in *; do
    cmp "$file" "$scratch/one/out/$file"
    echo "same bytes: $file"
done
cmp "$scratch"/first/dist/*.tar.gz "$scratch"/one/out/*.tar.gz
for file in "$scratch"/one/out/*; do [ -e "${file##*/}" ]; done
echo 'Result: PASS'
