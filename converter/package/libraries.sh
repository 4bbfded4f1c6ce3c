#!/bin/sh
# Fills FOLDER with the static libraries and headers that the program is built of, for a Debian
# architecture: the -dev packages, and cJSON, whose package has no static library, from its source
# package. FOLDER/versions says what was used.
#   libraries.sh ARCHITECTURE FOLDER
set -eu
umask 022
arch=$1
package=$(cd "$(dirname "$0")" && pwd)
packages=$("$package/../../tests/packages.sh" --names build | grep -x 'z\?lib.*-dev' |
    grep -vx libc6-dev)
host=$(dpkg-architecture -a"$arch" -qDEB_HOST_GNU_TYPE 2>/dev/null)
[ ! -f "$2/versions" ] || exit 0
rm -rf "$2"
mkdir -p "$2"
cd "$2"
root=$PWD

# shellcheck disable=SC2086
echo "  GET " $packages "for $arch, source of cjson"
. "$package/apt.sh"
# shellcheck disable=SC2086
apt-get -qq download $packages
apt-get -qq source cjson >/dev/null
for package in *.deb; do
    dpkg-deb -x "$package" .
done

(cd cjson-*/ && "$host-gcc" -O2 -fPIE -fstack-protector-strong -D_FORTIFY_SOURCE=2 -c cJSON.c &&
    "$host-ar" rcsD "$root/usr/lib/$host/libcjson.a" cJSON.o)
rm -rf apt
printf '%s\n' *.deb *.dsc >versions
