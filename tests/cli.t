#!/bin/sh
# What the program says and leaves behind, apart from conversions.
cd "$(dirname "$0")/.." || exit 1
. tests/helpers.sh
input=fixtures/good-v3.0-envelope/input

"$bin" --help >"$scratch/o" 2>"$scratch/e"
[ $? -eq 0 ] && grep -q '^usage:' "$scratch/o" && [ ! -s "$scratch/e" ]; ok '--help' $?
"$bin" --version | grep -qx 'clever2sds [0-9.]*'; ok '--version' $?
[ "$("$bin" --list-codes | wc -l)" -eq "$(grep -c '^ISSUE' converter/issue_codes.def)" ]; ok '--list-codes' $?
"$bin" --list-columns | grep -q '^Student.Birthdate  *all$'; ok '--list-columns' $?

"$bin" -q -o "$scratch/q" "$input" >"$scratch/o" 2>"$scratch/e"
[ $? -eq 0 ] && [ ! -s "$scratch/o" ] && [ ! -s "$scratch/e" ]; ok '-q is silent on success' $?
"$bin" -v -o "$scratch/q" "$input" | grep -q "^$input/users.json: [0-9]* users"; ok '-v names the sources' $?

umask 000
"$bin" -q -o "$scratch/modes" "$input"
[ -z "$(find "$scratch/modes" -type f ! -perm 600)" ]; ok 'files are readable by their owner only' $?
[ -z "$(find "$scratch/modes" -type d ! -perm 700)" ]; ok 'so is a new folder' $?
chmod 750 "$scratch/modes"
"$bin" -q -o "$scratch/modes" "$input"
[ -n "$(find "$scratch/modes" -maxdepth 0 -perm 750)" ]; ok 'a folder that was there keeps its mode' $?

"$bin" -o "$scratch/modes" "$input" >/dev/full 2>"$scratch/e"
[ $? -eq 0 ] && [ "$(wc -l <"$scratch/e")" -eq 1 ]; ok 'a full standard output is noticed' $?
"$bin" --help >/dev/full 2>"$scratch/e"
[ $? -eq 4 ] && [ "$(wc -l <"$scratch/e")" -eq 1 ]; ok 'also by --help' $?

# A lock that somebody holds; more in tests/lock.t.
flock "$scratch/.modes.clever2sds-lock" "$bin" -o "$scratch/modes" "$input" 2>"$scratch/e"
[ $? -eq 4 ] && grep -q 'another run' "$scratch/e"; ok 'a second run into the same folder is refused' $?
mkdir "$scratch/odd" && echo mine >"$scratch/odd/review"
"$bin" -o "$scratch/odd" "$input" 2>"$scratch/e"
[ $? -eq 4 ] && [ "$(cat "$scratch/odd/review")" = mine ]; ok 'a file called review is left alone' $?
rm "$scratch/odd/review" && mkdir "$scratch/away" && ln -s ../away "$scratch/odd/review"
"$bin" -o "$scratch/odd" "$input" 2>"$scratch/e"
[ $? -eq 4 ] && [ -z "$(ls -A "$scratch/away")" ] && [ -z "$(find "$scratch" -name '.odd*')" ]
ok 'so is a link' $?

# No columns but Microsoft's, in Microsoft's order.
"$bin" -q --columns all -o "$scratch/all" "$input"
cat >"$scratch/headers" <<'HEADERS'
SIS ID,Name,School Number,School NCES_ID,State ID,Grade Low,Grade High,Principal SIS ID,Principal Name,Principal Secondary Email,Address,City,State,Country,Zip,Phone,Zone
SIS ID,School SIS ID,Section Name,Section Number,Term SIS ID,Term Name,Term StartDate,Term EndDate,Course SIS ID,Course Name,Course Number,Course Description,Course Subject,Periods,Status
SIS ID,School SIS ID,First Name,Last Name,Username,Password,State ID,Secondary Email,Student Number,Middle Name,Grade,Status,Birthdate,Graduation Year
Section SIS ID,SIS ID
SIS ID,School SIS ID,First Name,Last Name,Username,Password,State ID,Teacher Number,Status,Middle Name,Secondary Email,Title,Qualification
Section SIS ID,SIS ID
HEADERS
for file in School Section Student StudentEnrollment Teacher TeacherRoster; do
    head -n 1 "$scratch/all/$file.csv" | tr -d '\r'
done | cmp -s - "$scratch/headers"
ok 'the headers of --columns all are those of Microsoft'"'"'s samples' $?

# Standard input is kept where nobody finds it, and nothing stays.
mkdir "$scratch/tmp"
cat "$input"/*.json | TMPDIR=$scratch/tmp "$bin" -q -o "$scratch/tmp/in" -
[ $? -eq 0 ] && [ "$(ls -A "$scratch/tmp")" = in ]; ok 'no temporary file is left' $?

mkfifo "$scratch/fifo"
"$bin" -o "$scratch/term" "$scratch/fifo" 2>"$scratch/e" &
pid=$!
sleep 0.2
kill -TERM $pid
: >"$scratch/fifo" &
wait $pid
[ $? -ge 3 ] && [ ! -e "$scratch/term" ]; ok 'SIGTERM ends a run without a result' $?

"$bin" -q -o "$scratch/slashes//" "$input" && [ -f "$scratch/slashes/School.csv" ]; ok 'DIR may end in slashes' $?
"$bin" -o // "$input" 2>"$scratch/e"
[ $? -eq 4 ] && [ "$(cat "$scratch/e")" = 'clever2sds: //: cannot be the output folder; give a folder inside another one' ]
ok 'but not be the root' $?

perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => shift, Listen => 1) or die' "$scratch/socket"
"$bin" -o "$scratch/never" "$scratch/socket" 2>"$scratch/e"
[ $? -eq 3 ] && [ ! -e "$scratch/never" ] &&
    [ "$(cat "$scratch/e")" = "clever2sds: $scratch/socket: is neither a folder nor a file; give one of these" ]
ok 'a socket is no export' $?

plan_done
