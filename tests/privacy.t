#!/bin/bash
# Student data goes into the CSV files and errors.csv and nowhere else, and passwords go nowhere:
# every case of fixtures/ is run with marked people (tests/mark.pl), also with input cut off in the
# middle, and so that nothing is published; then all that came out is searched.
cd "$(dirname "$0")/.." || exit 1
[ ! -w /dev/shm ] || export TMPDIR=/dev/shm # nothing here is about disks
. tests/helpers.sh
. tests/cases.sh
umask 077

mark_all() {
    find . -path ./out -prune -o -type f -print0 | xargs -0 -r perl "$top/tests/mark.pl"
}

mark_and_cut() {
    mark_all
    find . -path ./out -prune -o -type f -size +1c -print |
        while IFS= read -r file; do truncate -s $(($(wc -c <"$file") * 2 / 3)) "$file"; done
}

# run_marked CASE WORK NAME [OPTION...]: leaves WORK/told.NAME and what is written.
run_marked() {
    local case=$1 work=$2 name=$3 stdin=/dev/null line
    shift 3
    [ ! -f "$work/stdin" ] || stdin=$work/stdin
    [ -s "$case/args" ] && grep -qxE -- '-o|--output|--output=.*' "$case/args" || set -- "$@" -o out
    while IFS= read -r line || [ -n "$line" ]; do
        [ "$name" != verbose ] || [ "$line" != -q ] || continue
        set -- "$@" "$line"
    done <"$case/args"
    (cd "$work" && exec "$bin" "$@" <"$stdin" >"told.$name" 2>&1)
}

runs=0 failures=0 refused=0

count() { # STATUS
    runs=$((runs + 1))
    case $1 in 3 | 4) failures=$((failures + 1)) ;; 5) refused=$((refused + 1)) ;; esac
}

# keep NAME: what a case has left, without its input, is searched at the end.
keep() {
    rm -rf "$work/input" "$work/stdin"
    mv "$work" "$scratch/all/$1"
}

work=$scratch/work
mkdir "$scratch/all"
for case in fixtures/*; do
    prepare "$case" "$work" mark_all || exit 1
    run_marked "$case" "$work" verbose -v; count $?
    run_marked "$case" "$work" check --check; count $?
    run_marked "$case" "$work" limit --max-errors 0; count $?
    keep "${case##*/}"
    # Some cannot be packed any more.
    prepare "$case" "$work" mark_and_cut 2>/dev/null && { run_marked "$case" "$work" cut; count $?; }
    keep "${case##*/},cut"
done
cd "$scratch/all" || exit 1
echo "# $runs runs, $failures of them failed, $refused published nothing"
{ grep -rli --include='told.*' zq7 .
  grep -rli --include=summary.json zq7 .; } | sed 's/^/# a person in /' | grep .
[ $? -ne 0 ]; ok 'no person is told of' $?
grep -rl Pw9Secret . | sed 's/^/# a password in /' | grep .
[ $? -ne 0 ]; ok 'no password is written' $?
marked=$(grep -rl --include='*.csv' Zq7 . | wc -l)
echo "# the mark is in $marked CSV files"
[ "$marked" -gt 1000 ] && [ $failures -gt 300 ] && [ $refused -gt 100 ]
ok 'the marks are there to be found' $?
cd "$top" && rm -rf "$scratch/all"

# ---- crashes ----
cat >"$scratch/crash.pl" <<'PERL'
# crash.pl SIGNAL FIFO PROGRAM...: feeds FIFO, kills the program while it waits for more; exit
# status 1 when the system says that it dumped core.
use strict; use warnings;
my ($signal, $fifo, @command) = @ARGV;
my $pid = fork // die;
$SIG{$signal} = 'DEFAULT' if $pid == 0; # what runs behind a shell ignores some
if ($pid == 0) { exec @command or die }
my $out;
if ($fifo) {
    open $out, '>', $fifo or die;
    syswrite $out, '[{"id":"Zq7","name":{"first":"Zq7"},"credentials":{"district_password":"Pw9Secret"}},';
}
select undef, undef, undef, 0.1;
kill $signal, $pid;
waitpid $pid, 0;
($? & 127) or exit 2; # it did not die of it
exit(($? & 128) ? 1 : 0);
PERL
mkdir "$scratch/crash" && cd "$scratch/crash" && mkfifo fifo || exit 1
ulimit -c unlimited 2>/dev/null
sanitized=no
case $bin in */asan/* | */msan/* | */tsan/*) sanitized=yes ;; esac
perl "$scratch/crash.pl" SEGV '' sleep 100
[ $? -eq 1 ] || echo '# this system makes no core files, so the next tests could not fail'
rm -f core*
for signal in SEGV ABRT QUIT BUS; do
    # The sandbox alone would do, so once without it.
    for option in -q --no-sandbox; do
        perl "$scratch/crash.pl" $signal fifo "$bin" $option -o out fifo 2>told
        status=$?
        [ $status -ne 2 ] || [ $sanitized = no ] || status=0 # it catches the signal itself
        [ $status -eq 0 ] && [ -z "$(find . -name 'core*')" ] &&
            ! grep -rq Pw9Secret . --exclude=fifo --devices=skip
        ok "SIG$signal, $option: no core file" $?
    done
done
cd "$top" || exit 1

# What a killed run leaves behind.
mkdir "$scratch/big"
perl -e 'print "[{\"id\":\"s\",\"name\":\"S\"}]\n"' >"$scratch/big/schools.json"
perl -e 'print "[", join(",\n", map { qq({"id":"Zq7$_","school":"s","name":{"first":"Zq7","last":"Zq7$_"},
    "credentials":{"district_username":"Zq7$_","district_password":"Pw9Secret"}}) } 1 .. 150000), "]\n"' \
    >"$scratch/big/students.json"
left=0 found=0 killed=0
for delay in 0.05 0.1 0.15 0.2 0.25 0.3 0.4 0.5 0.6 0.8 1; do
    timeout -s KILL $delay "$bin" -q --users-only --allow-empty teachers -j1 -o "$scratch/killed" \
        "$scratch/big" && break
    killed=$((killed + 1))
    ! grep -rq Zq7 "$scratch"/.killed.* || left=$((left + 1))
    ! grep -rq Pw9Secret "$scratch"/.killed.* || found=$((found + 1))
done 2>/dev/null
echo "# $left of $killed killed runs left rows behind"
[ $found -eq 0 ]; ok 'SIGKILL: no password in what is left' $?
plan_done
