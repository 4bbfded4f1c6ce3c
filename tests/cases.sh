# Shared by the tests that run the cases of fixtures/ (converter/README.md): a scratch copy of a case.
# Sourced after $scratch is set.

# The members of FOLDER in ARCHIVE, sorted, without anything that differs from run to run.
make_zip() { # ARCHIVE FOLDER [zip option...]
    archive=$PWD/$1 folder=$2
    shift 2
    (cd "$folder" && find . -type f | sed 's|^\./||' | LC_ALL=C sort |
        zip -q -X -D "$@" "$scratch/new.zip" -@) && mv "$scratch/new.zip" "$archive"
}

pack_line() { # COMMAND ARGUMENT...
    command=$1
    shift
    case $command in
    zip) make_zip "$1" "$2" ;;
    zip-encrypted) make_zip "$1" "$2" -P secret ;;
    gzip) gzip -n "$1" ;;
    gzip-stdin) gzip -n <stdin >stdin.gz && mv stdin.gz stdin ;;
    cut) dd if="$1" of="$1.cut" bs="$2" count=1 2>/dev/null && mv "$1.cut" "$1" ;;
    flip) perl -e 'open F, "+<", $ARGV[0] or die; seek F, $ARGV[1], $ARGV[1] < 0 ? 2 : 0;
                   read F, $b, 1; seek F, -1, 1; print F ~$b' "$1" "$2" ;;
    remove) rm -rf "$1" ;;
    bom) { printf '\357\273\277'; cat "$1"; } >"$1.bom" && mv "$1.bom" "$1" ;;
    cr) tr '\n' '\r' <"$1" >"$1.cr" && mv "$1.cr" "$1" ;;
    crlf) sed 's/$/\r/' "$1" >"$1.crlf" && mv "$1.crlf" "$1" ;;
    repeat) perl -e 'print $ARGV[0] x $ARGV[1]' "$2" "$3" >>"$1" ;;
    bytes) file=$1; shift; perl -e 'print map { pack "H*", $_ } @ARGV' "$@" >>"$file" ;;
    rows) perl -e 'for my $i (1 .. $ARGV[0]) { (my $row = $ARGV[1]) =~ s/%d/$i/g; print "$row\n" }' \
        "$2" "$3" >>"$1" ;;
    mkdir) mkdir -p "$1" ;;
    symlink) ln -s "$1" "$2" ;;
    *) echo "unknown pack line: $command" >&2; return 1 ;;
    esac
}

# A scratch copy of a case, packed as it says; COMMAND is run in it before that.
prepare() { # CASE WORK [COMMAND]
    mkdir "$2" || return 1
    for part in input stdin old; do
        [ ! -e "$1/$part" ] || cp -R "$1/$part" "$2/" || return 1
    done
    [ ! -d "$2/old" ] || mv "$2/old" "$2/out"
    [ -z "${3-}" ] || (cd "$2" && "$3") || return 1
    [ -f "$1/pack" ] || return 0
    while read -r line; do
        # shellcheck disable=SC2086
        [ -z "$line" ] || (cd "$2" && pack_line $line) || return 1
    done <"$1/pack"
}
