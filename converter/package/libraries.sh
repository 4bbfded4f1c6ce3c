#!/bin/sh
# Fills FOLDER with the static libraries and headers that the program is built of, for a Debian
# architecture: the -dev packages, and cJSON, whose package has no static library, from its source
# package. All comes through apt from this machine's Debian mirror, signed by Debian; nothing of
# the machine's own settings is changed. FOLDER/versions says what was used.
#   libraries.sh ARCHITECTURE FOLDER
set -eu
umask 022
arch=$1
packages=$("$(dirname "$0")/../../tests/packages.sh" --names build | grep -x 'z\?lib.*-dev' |
    grep -vx libc6-dev)
host=$(dpkg-architecture -a"$arch" -qDEB_HOST_GNU_TYPE 2>/dev/null)
[ ! -f "$2/versions" ] || exit 0
rm -rf "$2"
mkdir -p "$2/apt/lists/partial" "$2/apt/cache/archives/partial" "$2/apt/parts" "$2/apt/state"
cd "$2"
root=$PWD

# shellcheck disable=SC2016 # filled in by apt
apt-get indextargets 'Created-By: Packages' 'Origin: Debian' \
    --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' | sort -u |
    while read -r place; do
        echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $place"
        echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $place"
    done >apt/sources.list
[ -s apt/sources.list ] || {
    echo 'libraries.sh: apt knows of no Debian mirror; run apt-get update first' >&2
    exit 1
}
cat >apt/apt.conf <<END
APT::Architecture "$arch";
APT::Architectures { "$arch"; };
APT::Sandbox::User "";
Acquire::Languages "none";
Dir::Etc::sourcelist "$root/apt/sources.list";
Dir::Etc::sourceparts "$root/apt/parts";
Dir::State "$root/apt/state";
Dir::State::lists "$root/apt/lists";
Dir::State::status "/dev/null";
Dir::Cache "$root/apt/cache";
END
export APT_CONFIG="$root/apt/apt.conf"

# shellcheck disable=SC2086
echo "  GET " $packages "for $arch, source of cjson"
apt-get -qq update
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
