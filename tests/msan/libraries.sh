#!/bin/sh
# Fills FOLDER with cJSON, libcsv, minizip, zlib and cmocka, compiled of Debian's source packages with
# FLAGS: MemorySanitizer takes what a library writes for never written, unless the library was compiled
# for it too. Their headers are those of the -dev packages. FOLDER/versions says what was used.
#   libraries.sh FOLDER FLAGS
set -eu
package=$(cd "$(dirname "$0")/../../converter/package" && pwd)
arch=$(dpkg --print-architecture)
flags=$2
[ ! -f "$1/versions" ] || exit 0
rm -rf "$1"
mkdir -p "$1"
cd "$1"
root=$PWD

echo "  GET  sources of cjson, libcsv, minizip, zlib, cmocka"
. "$package/apt.sh"
apt-get -qq source cjson libcsv minizip zlib cmocka >/dev/null

library() { # NAME FOLDER FILES [FLAG...]
    # shellcheck disable=SC2086
    cd "$root"/$2
    name=$1 files=$3
    shift 3
    # shellcheck disable=SC2086
    clang -w $flags -D_LARGEFILE64_SOURCE -DHAVE_UNISTD_H "$@" -c $files
    ar rcs "$root/lib$name.a" ./*.o
    cd "$root"
}
library cjson 'cjson-*/' cJSON.c
library csv 'libcsv-*/' libcsv.c
library minizip 'minizip-*/' 'unzip.c ioapi.c'
library z 'zlib-*/' '*.c'
library cmocka 'cmocka-*/' src/cmocka.c -Iinclude -DHAVE_INTTYPES_H -DHAVE_MALLOC_H -DHAVE_SIGNAL_H \
    -DHAVE_STRINGS_H -DHAVE_GCC_THREAD_LOCAL_STORAGE -DHAVE_SIGLONGJMP -DHAVE_STRSIGNAL
rm -rf apt
printf '%s\n' *.dsc >versions
