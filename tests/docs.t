#!/bin/sh
# The generated parts of the documents are what the program prints, and --help fits a screen.
#
#   docs.t            TAP, for prove
#   docs.t --update   writes the parts anew
#
# A part stands in its document between `<!-- generated: NAME -->` and `<!-- end -->`, each alone
# on its line. BUILD says where the program is (default: ./build).
set -u
LC_ALL=C
export LC_ALL
cd "$(dirname "$0")/.." || exit 1
program=${BUILD:-./build}/clever2sds
max_width=100
max_lines=60

# The parts: name and document.
parts='options README.md
codes README.md
fields formats/README.md
csv formats/README.md
columns formats/README.md'

tmp=${TMPDIR:-/tmp}/clever2sds-docs.$$
umask 077
mkdir "$tmp" || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT PIPE TERM

# A cell of a Markdown table must not hold a bare `|`.
escape='function cell(text) { gsub(/\|/, "\\|", text); return text }'

# `letter TAB name TAB value TAB words TAB meaning`
options_table() {
    echo '| option | meaning |'
    echo '|---|---|'
    awk -F '\t' "$escape"'
        {
            letter = $1 == "" ? "" : "-" $1 ", "
            value = $3 == "" ? "" : " " cell($3)
            print "| `" letter "--" $2 value "` | " cell($5) " |"
        }' "$1"
}

# `code  severity  sentence`, padded
codes_table() {
    echo '| code | severity | meaning and what to do |'
    echo '|---|---|---|'
    awk "$escape"'
        {
            rest = $0
            sub(/^[^ ]+ +[^ ]+ +/, "", rest)
            print "| `" cell($1) "` | " cell($2) " | " cell(rest) " |"
        }' "$1"
}

# `FILE.COLUMN NAME  set`, padded; a column name may have blanks
columns_table() {
    echo '| column | set |'
    echo '|---|---|'
    awk "$escape"'
        {
            column = $0
            sub(/ +[^ ]+$/, "", column)
            print "| " cell(column) " | " cell($NF) " |"
        }' "$1"
}

# `entity TAB attribute TAB path TAB versions`
fields_table() {
    echo '| entity | attribute | path in the record | API versions |'
    echo '|---|---|---|---|'
    awk -F '\t' "$escape"'
        { print "| " cell($1) " | " cell($2) " | `" cell($3) "` | " cell($4) " |" }' "$1"
}

# `file TAB header TAB attribute TAB required`, the last one blank for most
csv_table() {
    echo '| file | header | attribute | required |'
    echo '|---|---|---|---|'
    awk -F '\t' "$escape"'
        { print "| `" cell($1) "` | `" cell($2) "` | " cell($3) " | " cell($4) " |" }' "$1"
}

# The part as it should be, on standard output.
make_part() {
    option=--list-$1
    [ "$1" != csv ] || option=--list-csv-fields
    "$program" "$option" >"$tmp/printed" 2>"$tmp/said" || {
        echo "$program $option failed: $(cat "$tmp/said")" >&2
        return 1
    }
    [ -s "$tmp/printed" ] || {
        echo "$program $option prints nothing" >&2
        return 1
    }
    "$1_table" "$tmp/printed"
}

# The part as it stands in a document, on standard output; fails unless it stands there once.
read_part() {
    awk -v begin="<!-- generated: $1 -->" -v end='<!-- end -->' '
        inside && index($0, "<!-- generated: ") == 1 { bad = 1 }
        $0 == begin { inside = 1; begins++; next }
        $0 == end && inside { inside = 0; ends++; next }
        inside { print }
        END { exit !(begins == 1 && ends == 1 && !bad && !inside) }' "$2" || {
        echo "$2 does not have one part between '<!-- generated: $1 -->' and '<!-- end -->'" >&2
        return 1
    }
}

# The document with the part replaced by the file $3, on standard output.
replace_part() {
    awk -v begin="<!-- generated: $1 -->" -v end='<!-- end -->' -v part="$3" '
        inside && $0 == end { inside = 0 }
        !inside { print }
        $0 == begin {
            inside = 1
            while ((getline line < part) > 0)
                print line
            close(part)
        }' "$2"
}

update() {
    failed=0
    while read -r name document; do
        if make_part "$name" >"$tmp/new" && read_part "$name" "$document" >"$tmp/old" &&
            replace_part "$name" "$document" "$tmp/new" >"$tmp/document"; then
            cmp -s "$tmp/document" "$document" || {
                cat "$tmp/document" >"$document"
                echo "$document: $name written anew"
            }
        else
            failed=1
        fi
    done <<END
$parts
END
    return $failed
}

case ${1-} in
--update) update; exit $? ;;
'') ;;
*) echo "usage: docs.t [--update]" >&2; exit 2 ;;
esac

number=0
failed=0

# result OK NAME; what is in $tmp/why is told when it is not ok
result() {
    number=$((number + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $number - $2"
    else
        echo "not ok $number - $2"
        sed 's/^/# /' "$tmp/why"
        failed=1
    fi
}

check_part() {
    if make_part "$1" >"$tmp/new" 2>"$tmp/why" && read_part "$1" "$2" >"$tmp/old" 2>"$tmp/why"
    then
        diff -u "$tmp/old" "$tmp/new" >"$tmp/why"
        same=$?
        [ $same -eq 0 ] || echo 'tests/docs.t --update writes it anew' >>"$tmp/why"
    else
        same=1
    fi
    result $same "$2: the $1 are those of the program"
}

check_help() {
    "$program" --help >"$tmp/help" 2>&1
    ran=$?
    [ -s "$tmp/help" ] || ran=1
    awk -v max=$max_width '
        length($0) > max { print "line " NR " has " length($0) " characters: " $0; wide = 1 }
        END { exit wide }' "$tmp/help" >"$tmp/why"
    wide=$?
    [ $ran -eq 0 ] || { wide=1; cat "$tmp/help" >>"$tmp/why"; }
    result $wide "--help has no line of more than $max_width characters"
    awk -v max=$max_lines '
        END { if (NR > max) print NR " lines"; exit NR > max }' "$tmp/help" >"$tmp/why"
    long=$?
    [ $ran -eq 0 ] || { long=1; cat "$tmp/help" >>"$tmp/why"; }
    result $long "--help has at most $max_lines lines"
}

echo 1..7
while read -r name document; do
    check_part "$name" "$document"
done <<END
$parts
END
check_help
exit $failed
