#!/bin/sh
# Installs the Debian packages that a goal needs and that are missing, after naming them.
#   packages.sh GOAL...           build, test, page, fuzz, lint, coverage, valgrind, msan, package,
#                                 static-ARCHITECTURE
#   packages.sh --names GOAL...   only names what the goals need
set -eu

build='gcc libc6-dev make pkg-config libcjson-dev libcsv-dev libminizip-dev libseccomp-dev zlib1g-dev zip'
test='libcmocka-dev perl python3 python3-jsonschema unzip gzip binutils bsdutils groff-base mandoc bash zsh'
page='chromium nodejs npm'
fuzz='clang libclang-rt-14-dev python3'
lint='clang clang-tidy cppcheck clang-format'
coverage='gcovr'
valgrind='valgrind libc6-dbg'
msan='clang libclang-rt-14-dev llvm dpkg-dev debian-archive-keyring'
package='dpkg-dev lintian'
static='dpkg-dev debian-archive-keyring'

only_names=no
if [ "${1-}" = --names ]; then
    only_names=yes
    shift
fi

# What compiles and runs programs of an architecture on another one.
foreign() {
    [ "$1" != "$(dpkg --print-architecture)" ] || return 0
    case $1 in
    amd64) echo gcc-x86-64-linux-gnu libc6-dev-amd64-cross qemu-user-static ;;
    arm64) echo gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static ;;
    *) echo "packages.sh: amd64 or arm64, not $1" >&2; exit 2 ;;
    esac
}

wanted=''
for goal in "$@"; do
    case $goal in
    build) wanted="$wanted $build" ;;
    test) wanted="$wanted $test" ;;
    page) wanted="$wanted $page" ;;
    fuzz) wanted="$wanted $fuzz" ;;
    lint) wanted="$wanted $lint" ;;
    coverage) wanted="$wanted $coverage" ;;
    valgrind) wanted="$wanted $valgrind" ;;
    msan) wanted="$wanted $msan" ;;
    package) wanted="$wanted $package" ;;
    static-*) wanted="$wanted $static $(foreign "${goal#static-}")" ;;
    *) echo "packages.sh: no such goal: $goal" >&2; exit 2 ;;
    esac
done
if [ $only_names = yes ]; then
    echo "$wanted" | tr -s ' ' '\n' | sed '/^$/d'
    exit 0
fi

# Something is there when Debian says so, or, elsewhere, when what it brings can be used.
have() {
    if command -v dpkg-query >/dev/null 2>&1; then
        case $(dpkg-query -W -f '${Status}' "$1" 2>/dev/null) in
        *'install ok installed') return 0 ;;
        esac
    fi
    case $1 in
    gcc | make | pkg-config | zip | unzip | gzip | perl | python3 | clang | clang-tidy | cppcheck | clang-format | \
        bash | zsh | mandoc | lintian | chromium | npm | gcovr | valgrind)
        command -v "$1" >/dev/null 2>&1 ;;
    llvm) command -v llvm-symbolizer >/dev/null 2>&1 ;;
    nodejs) command -v node >/dev/null 2>&1 ;;
    groff-base) command -v groff >/dev/null 2>&1 ;;
    python3-jsonschema) python3 -c 'import jsonschema' 2>/dev/null ;;
    binutils) command -v nm >/dev/null 2>&1 ;;
    bsdutils) command -v script >/dev/null 2>&1 ;;
    libc6-dev) header stdio.h ;;
    libcjson-dev) header cjson/cJSON.h ;;
    libcsv-dev) header csv.h ;;
    libminizip-dev) header minizip/unzip.h ;;
    libseccomp-dev) header seccomp.h ;;
    zlib1g-dev) header zlib.h ;;
    libcmocka-dev) header_with 'stdarg.h stddef.h stdint.h setjmp.h cmocka.h' ;;
    *) return 1 ;;
    esac
}

header() { header_with "$1"; }

header_with() {
    command -v cc >/dev/null 2>&1 || return 1
    for h in $1; do echo "#include <$h>"; done | cc -E -x c - >/dev/null 2>&1
}

missing=''
for package in $wanted; do
    have "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "These are missing (names of Debian packages), and there is no apt-get here:" >&2
    echo " $missing" >&2
    echo "Install what your system calls them, then try again." >&2
    exit 1
fi
root=''
if [ "$(id -u)" -ne 0 ]; then
    root=sudo
    if ! command -v sudo >/dev/null 2>&1; then
        echo "These Debian packages are missing; install them as root, then try again:" >&2
        echo "  apt-get install$missing" >&2
        exit 1
    fi
fi
echo "Installing the missing Debian packages:$missing"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086
$root apt-get install -y -q $missing >/dev/null 2>&1 || {
    $root apt-get update -q
    $root apt-get install -y -q $missing
}
