#!/bin/sh
# The line on a terminal: what it shows, that it fits, that it goes away, where there is none.
cd "$(dirname "$0")/.." || exit 1
. tests/helpers.sh
"$generate" --version 3.0 --students 10000 --seed 1 "$scratch/export"
cd "$scratch" || exit 1

# Runs a command line on a terminal of 70 columns; what that was sent is in `sent`.
terminal() {
    script -qfec "stty cols ${columns:-70} -echo; $1" /dev/null </dev/null >sent 2>&1
}

# Each line as it was drawn, one a line.
drawn() { tr '\r' '\n' <sent | sed -n '/[^ ]/p'; }

# What is left on the screen: each \r goes back to the left edge.
cat >screen.pl <<'PERL'
local $/; my @rows = split /\n/, <STDIN>;
for my $row (@rows) {
    my $seen = '';
    for my $part (split /\r/, $row) { substr($seen, 0, length $part) = $part }
    $seen =~ s/ +$//;
    print "$seen\n" if length $seen;
}
PERL
screen() { perl screen.pl <sent; }

# Runs a command and keeps it waiting again and again, so that there is time to draw.
cat >slowly.pl <<'PERL'
use Time::HiRes 'sleep'; use POSIX ':sys_wait_h';
my $pid = fork // die;
if (!$pid) { exec @ARGV or die }
for (my $i = 0; !waitpid $pid, $i < 20 ? WNOHANG : 0; $i++) {
    kill 'STOP', $pid; sleep 0.11; kill 'CONT', $pid; sleep 0.005;
}
exit $? >> 8;
PERL

terminal "perl slowly.pl '$bin' -j1 -o out export >said"
[ $? -eq 0 ] && grep -q '^Published' said; ok 'a run on a terminal' $?
drawn | grep -Eqx '(users|sections)  [0-9]+%  [0-9,]+ records.*'; ok 'shows stage, share and records' $?
[ -z "$(screen)" ]; ok 'and leaves nothing' $?
[ "$(drawn | awk '{ if (length > 69) print }')" = '' ]; ok 'no line is wider than the terminal' $?
drawn | awk '{ sub(/%.*/, ""); if (/[0-9]$/) { share = $NF + 0; if ($1 == last && share < was) bad = 1; was = share; last = $1 } }
    END { exit bad }'; ok 'the share does not fall within a stage' $?
! grep -q "$(printf '\033')" sent; ok 'no escape sequence is sent' $?
for name in NO_COLOR=1 TERM=dumb; do
    terminal "$name '$bin' -o out export >said"
    drawn | grep -q . && ! grep -q "$(printf '\033')" sent; ok "nor with $name" $?
done
columns=12 terminal "perl slowly.pl '$bin' -j1 -o out export >said"
drawn | grep -Eqx '(users|sections)  [0-9]+%' && [ -z "$(drawn | awk '{ if (length > 11) print }')" ] &&
    [ -z "$(screen)" ]
ok 'a narrow terminal gets what fits' $?

before=$(date +%s)
terminal "'$bin' -o out export export export >said"
[ "$(drawn | wc -l)" -le $((($(date +%s) - before + 1) * 10 + 2)) ]; ok 'at most ten lines a second' $?

terminal "'$bin' -q -o out export"
[ ! -s sent ]; ok '-q shows nothing' $?
"$bin" -o out export >said 2>e && [ ! -s e ]; ok 'nothing when standard error is no terminal' $?
terminal "'$bin' -o out export 2>e"
[ ! -s e ] && screen | grep -q '^Published'; ok 'also when standard output is one' $?
terminal "set -m; '$bin' -o out export >said & wait"
! drawn | grep -q records && [ -s said ]; ok 'nothing from a run in the background' $?

cat export/*.json >whole
: >sent
terminal "{ until grep -q finding sent; do sleep 0.05; done; sleep 0.2; cat whole; } | '$bin' -o out - >said"
drawn | grep -Eq '^taking in the stream( |$)' && ! drawn | grep -q '^taking.*%' && [ -z "$(screen)" ]
ok 'standard input has no share' $?
gzip -k whole
terminal "perl slowly.pl '$bin' -j1 -o out whole.gz >said"
drawn | grep -Eq '^[a-z ]+  [0-9]?[0-9]%' && [ -z "$(screen)" ]; ok 'gzip has one' $?
(cd export && zip -q ../export.zip ./*.json)
terminal "perl slowly.pl '$bin' -j1 -o out export.zip >said"
drawn | grep -Eq '^[a-z ]+  [0-9]?[0-9]%' && [ -z "$(screen)" ]; ok 'so has a zip' $?

# Errors and signals.
cp -R export broken && head -c -100 export/users.json >broken/users.json
terminal "perl slowly.pl '$bin' -j1 -o out broken"
[ $? -eq 3 ] && drawn | grep -q '%' && [ "$(screen | wc -l)" -eq 1 ] && screen | grep -q '^clever2sds: broken/users.json'
ok 'an error stands alone' $?
mkfifo fifo
"$bin" -q -o out fifo 2>e &
holder=$!
until [ -s .out.clever2sds-lock ]; do sleep 0.05; done
terminal "timeout --foreground -s INT 0.5 '$bin' --wait 1000 -o out export"
drawn | grep -qx "waiting for the end of process $holder" &&
    [ "$(screen)" = 'clever2sds: interrupted; nothing was published' ]
ok 'whoever waits is told for whom, and a signal takes that away' $?
kill -KILL $holder
wait $holder 2>/dev/null
plan_done
