#!/bin/sh
# Runs the tests with the static file instead of the program that `make check` tests: as it is, as on
# an old kernel, and with nothing else around it. For another kind of machine an emulator runs it.
#   static.sh ARCHITECTURE FILE OBJECTS GENERATE OLD_KERNEL
set -u
cd "$(dirname "$0")/.." || exit 1
arch=$1 file=$2 objects=$3 generate=$4 old_kernel=$5
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
failed=0
chmod 755 "$scratch"

complain() { echo "static.sh: $*" >&2; failed=1; }

emulator=''
if [ "$arch" != "$(dpkg --print-architecture)" ]; then
    case $arch in
    amd64) emulator=qemu-x86_64-static ;;
    arm64) emulator=qemu-aarch64-static ;;
    esac
fi

# A folder like a build folder, whose program is the file behind the given words.
build_folder() { # NAME WORD...
    folder=$scratch/$1
    shift
    mkdir -p "$folder/tests/generate"
    ln -s "$generate" "$folder/tests/generate/generate"
    printf '#!/bin/sh\nexec %s "$@"\n' "$*" >"$folder/clever2sds"
    chmod 755 "$folder/clever2sds"
}

run() { # NAME TEST...
    echo "$arch, $1:"
    build=$scratch/$1
    shift
    BUILD=$build LC_ALL=C prove "$@" || failed=1
}

case $(LC_ALL=C readelf -d "$file") in
*NEEDED*) complain "$file needs shared libraries" ;;
esac
case $(LC_ALL=C readelf -lW "$file") in
*INTERP*) complain "$file needs a loader" ;;
esac

# The C library's own parts refer to each other; what counts is what the program and its libraries
# ask for.
! find "$objects/converter" "$objects/formats" "$objects/libraries/usr/lib" \
    \( -name '*.o' -o -name '*.a' \) -exec nm -u {} + 2>/dev/null | awk 'NF == 2 { print $2 }' |
    grep -Exm 1 'socket|connect|bind|listen|accept4?|send|sendto|sendmsg|getaddrinfo|gethostby.*' ||
    complain 'a network function is used'

# An emulator takes its time, so it gets the one that says most.
build_folder itself $emulator "$file"
run itself tests/fixtures.t
if [ -z "$emulator" ]; then
    run itself tests/cli.t tests/bad_input.t tests/csv_equals_json.t tests/samples.t tests/shapes.t
    build_folder old-kernel "$old_kernel" "$file"
    run old-kernel tests/fixtures.t
fi

# Nothing else in the whole file system: no libraries, tables, /proc or /dev.
# The export is in windows-1252, for which a C library may look for files.
alone=$scratch/alone
case=fixtures/good-csv-encoding-windows-1252
mkdir -p "$alone"
cp "$file" "$alone/clever2sds"
cp -R $case/input "$alone/input"
while read -r _ csv bytes; do
    # shellcheck disable=SC2086
    perl -e 'print map { pack "H*", $_ } @ARGV' $bytes >>"$alone/$csv"
done <$case/pack
if [ -z "$emulator" ]; then
    if [ "$(id -u)" -eq 0 ]; then
        set -- chroot
    else
        set -- unshare --user --map-root-user chroot
    fi
    "$@" "$alone" /clever2sds -q --encoding windows-1252 -o /out /input 2>"$scratch/said"
    status=$?
    [ $status -le 1 ] || complain "alone it ends with $status: $(cat "$scratch/said")"
    for csv in "$case"/expected/out/*.csv; do
        cmp "$csv" "$alone/out/${csv##*/}" || complain 'alone it writes something else'
    done
fi
[ $failed -eq 0 ] && echo 'Result: PASS'
exit $failed
