#!/bin/sh
# Prints the manual page: clever2sds.1.in with what the program and README.md say of options, codes
# and exit statuses. @DOCDIR@ is filled in when it is installed.
#   manual.sh PROGRAM VERSION DATE
set -eu
LC_ALL=C
export LC_ALL
here=$(dirname "$0")
program=$1 version=$2 date=$3
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# shellcheck disable=SC2016 # the dollars are awk's
# Text that roff takes as it is.
escape='function roff(text) {
    gsub(/\\/, "\\e", text); gsub(/-/, "\\-", text); gsub(/~/, "\\(ti", text)
    gsub(/\^/, "\\(ha", text); gsub(/\047/, "\\(aq", text); gsub(/`/, "", text)
    sub(/^\./, "\\\\\\&.", text)
    return text
}
function sentence(text) {
    if (text ~ /^[a-z-]+[^a-z.-]/) # a word, not the name of a file
        text = toupper(substr(text, 1, 1)) substr(text, 2)
    return roff(text) (text ~ /[.]$/ ? "" : ".")
}'

# letter, name, value, words, meaning: words that the value does not show are listed.
"$program" --list-options | awk -F '\t' "$escape"'
    {
        print ".TP"
        letter = $1 == "" ? "" : "\\fB\\-" $1 "\\fR, "
        print letter "\\fB\\-\\-" roff($2) "\\fR" ($3 == "" ? "" : " \\fI" roff($3) "\\fR")
        print sentence($5)
        if ($4 != "" && $3 !~ /[|]/) {
            gsub(/ /, ", ", $4)
            print "One of " roff($4) "."
        }
    }' >"$tmp/OPTIONS"

# code  severity  sentence
"$program" --list-codes | awk "$escape"'
    {
        text = $0
        sub(/^[^ ]+ +[^ ]+ +/, "", text)
        print ".TP\n\\fB" roff($1) "\\fR (" $2 ")\n" sentence(text)
    }' >"$tmp/CODES"

# | status | meaning | what a script should do |
awk -F ' *[|] *' "$escape"'
    /^[|] status [|]/ { inside = 1; next }
    !/^[|]/ { inside = 0 }
    inside && $2 ~ /^[0-9]+$/ { print ".TP\n.B " $2 "\n" sentence($3) }
    ' "$here/../../README.md" >"$tmp/STATUS"

for part in OPTIONS CODES STATUS; do
    [ -s "$tmp/$part" ] || { echo "manual.sh: nothing for $part" >&2; exit 1; }
done
sed -e "s|@VERSION@|$version|; s|@DATE@|$date|" \
    -e "/^@OPTIONS@\$/{
        r $tmp/OPTIONS
        d
    }" -e "/^@CODES@\$/{
        r $tmp/CODES
        d
    }" -e "/^@STATUS@\$/{
        r $tmp/STATUS
        d
    }" "$here/clever2sds.1.in" | fold -s -w 80 | sed 's/ *$//'
