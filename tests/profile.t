#!/bin/sh
# --profile and --print-profile: every option goes there and back; what is wrong is named with its
# line; the command line wins.
cd "$(dirname "$0")/.." || exit 1
. tests/helpers.sh
input=fixtures/good-v3.0-envelope/input
cd "$scratch" || exit 1
ln -s "$top/$input" input
printed() { "$bin" "$@" --print-profile; }

# ---- every option, there and back ----

# A value for an option, by what --help calls it.
value_of() {
    case $1 in
    -*) ;;
    DIR) echo 'some folder, "quoted" \ and \u00e9' ;;
    D) echo example.org ;;
    FILE.COLUMN) echo Student.Middle Name ;;
    CODE=*) echo unknown_grade=error ;;
    WHAT) echo sections ;;
    SIZE) echo 3G ;;
    N) echo 7 ;;
    P% | N\|P%) echo 2.25% ;;
    ROWS) echo 100000 ;;
    SECONDS) echo 90 ;;
    ...) echo number ;;
    *\|*) echo "${1##*|}" ;;
    *) return 1 ;;
    esac
}

"$bin" --list-options | cut -f 2,3 | tr '\t' ' ' >options
printed >defaults.json
[ "$(wc -l <options)" -gt 30 ] && [ -s defaults.json ]; ok 'there are options to try' $?
"$bin" --profile defaults.json --print-profile | cmp - defaults.json
ok 'the defaults are the same there and back' $?
while read -r name what; do
    case $name in
    profile | print-profile | help | version | list-*)
        printf '{"%s": true}' "$name" >refused.json
        "$bin" --profile refused.json "$input" 2>e
        [ $? -eq 2 ] && grep -q "refused.json:1: \"$name\" cannot stand in a profile" e
        ok "--$name cannot stand in a profile" $?
        continue
        ;;
    esac
    if [ -z "$what" ]; then
        printed "--$name" >there.json
    else
        value=$(value_of "$what") || { ok "a value for --$name $what is known to this test" 1; continue; }
        printed "--$name" "$value" >there.json
    fi
    "$bin" --profile there.json --print-profile >back.json &&
        grep -q "\"$name\":" there.json && cmp -s there.json back.json &&
        ! cmp -s there.json defaults.json
    ok "--$name $what there and back" $?
done <options

printed -o 'a "b" \' --with 'Student.Birthdate' --with 'School.Zone' --without Section.Periods \
    --treat unknown_grade=error --treat invalid_date=info --max-errors 12 -j 3 -q 'in put' - >there.json
"$bin" --profile there.json --print-profile | cmp - there.json; ok 'several values, EXPORTs and odd names' $?
perl -MJSON::PP -e 'local $/; my $p = decode_json(<>);
    exit !("@{$p->{with}}" eq "School.Zone Student.Birthdate" && $p->{threads} == 3 &&
           "@{$p->{export}}" eq "in put -" && $p->{quiet} && $p->{output} eq "a \"b\" \\")' <there.json
ok 'another reader of JSON finds the same in it' $?
printed -o "$(printf 'a\377')" >o 2>e
[ $? -eq 2 ] && grep -q 'not UTF-8' e && [ ! -s o ]; ok 'a name that is not UTF-8 is refused' $?

# ---- a run ----

cat >night.json <<'JSON'
{
  "export": ["input"], "output": "by profile",
  "sync": "new", "domain": "contoso.edu", "with": ["Student.Birthdate"],
  "treat": ["unknown_grade=error"], "lowercase-names": true, "check": false,
  "threads": 1, "max-errors": "50%", "quiet": true
}
JSON
"$bin" --profile night.json >o 2>e && [ ! -s o ] && [ ! -s e ]; ok 'a run with nothing but a profile' $?
"$bin" -q -o 'by hand' --sync new --domain contoso.edu --with Student.Birthdate \
    --treat unknown_grade=error --lowercase-names --max-errors 50% input
diff -r 'by profile' 'by hand'; ok 'gives what the same options give' $?

# ---- the command line wins ----

wins() { # DESCRIPTION PATTERN ARGUMENT...
    what=$1 pattern=$2
    shift 2
    "$bin" --profile night.json "$@" --print-profile | tr -d '\n\t' >o
    grep -q -e "$pattern" o
    ok "$what" $?
}
wins 'a choice' '"sync":"existing"' --sync existing
wins 'wherever it stands' '"output":"there"' -o there
wins 'a text' '"domain":"other.org"' --domain other.org
wins 'a number' '"threads":9' -j9
wins 'EXPORTs' '"export":\["here"\]' here
wins 'a column' '"without":\["Student.Birthdate"\]' --without Student.Birthdate
wins 'a severity' '"treat":\["unknown_grade=info"\]' --treat unknown_grade=info
wins 'lists add up' '"with":\["School.Zone", "Student.Birthdate"\]' --with School.Zone
wins 'of options that exclude each other' '"strip-domain":true' --strip-domain
! grep -q '"domain"' o; ok 'the other one is gone' $?
wins 'the same the other way round' '"verbose":true' -v
! grep -q '"quiet"' o; ok 'and gone again' $?
"$bin" --sync existing --profile night.json --print-profile | grep -q '"sync":.*existing'
ok 'also before --profile' $?

# ---- what is wrong ----

refused() { # DESCRIPTION LINE PATTERN TEXT
    printf "$4" >bad.json
    rm -rf none
    "$bin" --profile bad.json -o none input >o 2>e
    [ $? -eq 2 ] && [ ! -s o ] && [ "$(wc -l <e)" -eq 1 ] && [ ! -e none ] &&
        grep -q "^clever2sds: bad.json:$2: $3" e
    result=$?
    [ $result -eq 0 ] || sed 's/^/# /' e
    ok "refused: $1" $result
}
refused 'an unknown key' 2 '"snyc" is not an option' '{"check":true,\n"snyc":"new"}'
refused 'lines that end with CR LF' 3 '"snyc" is not' '{\r\n"check":true,\r\n"snyc":"new"}'
refused 'a short name' 1 '"o" is not an option' '{"o":"x"}'
refused 'an option for documents' 1 '"list-fields" is not' '{"list-fields":true}'
refused 'another letter case' 1 '"Sync" is not' '{"Sync":"new"}'
refused 'a key twice' 3 '"sync" stands there twice' '{"sync":"new",\n\n"sync":"new"}'
refused 'a key twice, written with an escape' 2 '"sync" stands' '{"sync":"new",\n"\\u0073ync":"new"}'
refused 'an empty list twice' 2 '"with" stands' '{"with":[],\n"with":[]}'
refused 'export twice' 2 '"export" stands' '{"export":"a",\n"export":"b"}'
refused 'a value that is not allowed' 2 "--sync: 'old' is not allowed" '{\n"sync":"old"}'
refused 'an unknown column' 2 '--with: .Student.Shoe' '{\n"with":["Student.Grade","Student.Shoe"]}'
refused 'a number out of range' 1 '--threads' '{"threads":1000}'
refused 'a number with a fraction' 1 '--threads' '{"threads":1.5}'
refused 'a number for a text' 1 '"domain" has a value of a wrong kind' '{"domain":5}'
refused 'a text for a flag' 1 '"check" .* true or false' '{"check":"yes"}'
refused 'a flag for a text' 1 '"output" .* a string' '{"output":true}'
refused 'null' 1 '"sync" .* a string' '{"sync":null}'
refused 'an object' 1 '"sync" ' '{"sync":{}}'
refused 'a text for a list' 1 '"with" .* list' '{"with":"Student.Birthdate"}'
refused 'a number in a list' 1 '"with" .* list' '{"with":["Student.Birthdate",1]}'
refused 'a list for a text' 1 '"sync" ' '{"sync":["new"]}'
refused 'a list for a number' 1 '"threads" .* number' '{"threads":[2]}'
refused 'a number as EXPORT' 1 '"export" .* list' '{"export":1}'
refused 'a NUL in a value' 1 '"domain"' '{"domain":"a\\u0000b.org"}'
refused 'a NUL in a key' 1 'a key' '{"sync\\u0000":"new"}'
printf '\n \t{"sync": "new"}\n' >blank.json
"$bin" --profile blank.json --print-profile | grep -q '"sync":.*new'; ok 'white space before the object' $?
refused 'no object' 1 'a profile is one JSON object' '[]'
refused 'nothing' 1 'a profile is one JSON object' ''
refused 'a cut-off object' 2 'the profile' '{"sync":"new",\n'
refused 'a comma too many' 1 'the profile' '{"sync":"new",}'
refused 'text behind it' 2 'the profile has something behind' '{"sync":"new"}\nx'
refused 'bytes that are not UTF-8' 1 'the profile' '{"domain":"\377"}'
echo '{"strip-domain":true,"domain":"a.org"}' >bad.json
"$bin" --profile bad.json input 2>e
[ $? -eq 2 ] && grep -q '^clever2sds: bad.json: --strip-domain cannot stand together' e
ok 'refused: what excludes each other' $?
"$bin" --profile none.json input 2>e
[ $? -eq 2 ] && grep -q 'none.json: No such file' e; ok 'refused: a file that is not there' $?
"$bin" --profile . input 2>e
[ $? -eq 2 ]; ok 'refused: a folder' $?
perl -e 'print "{", " " x 2_000_000, "}"' >big.json
"$bin" --profile big.json input 2>e
[ $? -eq 2 ] && grep -q 'more than 1 MiB' e; ok 'refused: a file that is too large' $?
"$bin" --profile night.json --profile night.json input 2>e
[ $? -eq 2 ]; ok 'refused: two profiles' $?
printf '\357\273\277{"quiet":true}' >bom.json
"$bin" --profile bom.json -o bom input >o && [ ! -s o ]; ok 'a byte order mark is skipped' $?
"$bin" --profile bad.json --help >o; ok '--help does not need the profile' $?
plan_done
