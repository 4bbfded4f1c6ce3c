#!/bin/sh
# Packs the source: what git knows or, in an unpacked archive, what is there but `build`.
#   SOURCE_DATE_EPOCH=... dist.sh NAME FOLDER
set -eu
export LC_ALL=C
name=$1 folder=$2
cd "$(dirname "$0")/../.."
mkdir -p "$folder"

files() {
    if [ -e .git ]; then
        git ls-files -z
    else
        find . -path ./build -prune -o \( -type f -o -type l \) -printf '%P\0'
    fi
}

files | sort -z | tar --create --no-recursion --null --verbatim-files-from --files-from=- \
    --transform="s|^|$name/|S" --format=gnu --owner=0 --group=0 --numeric-owner \
    --mode=u+rw,go=rX --mtime="@$SOURCE_DATE_EPOCH" >"$folder/$name.tar"
gzip -9nf "$folder/$name.tar"
cd "$folder"
sha256sum "$name.tar.gz" | tee "$name.tar.gz.sha256"
