#!/bin/sh
# SIGKILL at random moments of a run over an old result (KILLS of them): DIR always holds one
# complete result, the old one or the new one, and the next run clears away what was left. The same
# for the signals that ask to end (SIGNALS of each), which leave nothing to clear away.
cd "$(dirname "$0")/.." || exit 1
. tests/helpers.sh
kills=${KILLS:-200}
signals=${SIGNALS:-25}

"$generate" --version 2.1 --students 3000 --seed 1 "$scratch/first"
"$generate" --version 2.1 --students 3000 --seed 2 "$scratch/second"
for which in first second; do
    "$bin" -q -o "$scratch/dir" "$scratch/$which" || exit 1
    sums "$scratch/dir" >"$scratch/$which.sums"
done
cmp -s "$scratch/first.sums" "$scratch/second.sums"
[ $? -eq 1 ]; ok 'the two results differ' $?
echo mine >"$scratch/dir/stranger.txt"
mkdir "$scratch/dir/theirs" && echo theirs >"$scratch/dir/theirs/file"
echo note >"$scratch/dir/review/note.txt"

cat >"$scratch/killer.pl" <<'PERL'
# Starts the program, sends it a signal after a random part of the time that a whole run takes,
# and says how it ended.
use strict; use warnings; use Time::HiRes qw(sleep);
my ($signal, $longest, @command) = @ARGV;
my $pid = fork // die;
if ($pid == 0) { exec @command or die }
sleep(rand($longest));
kill $signal, $pid;
waitpid $pid, 0;
print $? & 127 ? 'signal' : $? >> 8, "\n";
PERL

longest=$(perl -MTime::HiRes=time -e '$t = time; system @ARGV; printf "%.3f", (time - $t) * 1.1' \
    "$bin" -q -o "$scratch/dir" "$scratch/first")
# One run that gets signal $1 in round $2; counts what DIR holds then.
strike() {
    which=first
    [ $(($2 % 2)) -eq 0 ] || which=second
    ended=$(perl "$scratch/killer.pl" "$1" "$longest" "$bin" -q -o "$scratch/dir" "$scratch/$which" \
        2>"$scratch/err")
    (cd "$scratch/dir" && find . -type f ! -name stranger.txt ! -name note.txt ! -path './theirs/*' |
        LC_ALL=C sort | xargs md5sum) >"$scratch/now"
    if cmp -s "$scratch/now" "$scratch/first.sums"; then
        saw_first=$((saw_first + 1))
    elif cmp -s "$scratch/now" "$scratch/second.sums"; then
        saw_second=$((saw_second + 1))
    else
        bad=$((bad + 1))
    fi
    [ "$(cat "$scratch/dir/stranger.txt" 2>&1)" = mine ] || { bad=$((bad + 1)); echo "# stranger lost"; }
}

bad=0 saw_first=0 saw_second=0
i=0
while [ "$i" -lt "$kills" ]; do
    strike KILL "$i"
    i=$((i + 1))
done
echo "# $kills kills: $saw_first times the first result, $saw_second times the second"
[ "$bad" -eq 0 ]; ok "always one complete result ($kills kills)" $?
"$bin" -q -o "$scratch/dir" "$scratch/first"; ok 'the next run succeeds' $?
[ "$(cat "$scratch/dir/theirs/file")" = theirs ] && [ "$(cat "$scratch/dir/review/note.txt")" = note ]
ok 'what is somebody else'"'"'s is still there' $?
[ "$(ls -A "$scratch/dir" | wc -l)" -eq 9 ]; ok 'and nothing else' $?
find "$scratch" -maxdepth 1 -name '.dir.clever2sds-*' -exec ls -AlR {} + | sed 's/^/# /'
[ -z "$(find "$scratch" -maxdepth 1 -name '.dir.clever2sds-*')" ]; ok 'nothing is left behind' $?

# Ended by the signal with one line, or the run was through already; SIGPIPE is nothing to it.
for signal in INT TERM HUP PIPE; do
    bad=0 cut=0 i=0
    while [ "$i" -lt "$signals" ]; do
        strike "$signal" "$i"
        lines=$(wc -l <"$scratch/err")
        case $ended:$lines in
        signal:1) cut=$((cut + 1)); [ "$signal" != PIPE ] || bad=$((bad + 1)) ;;
        signal:0) early=$((${early:-0} + 1)) ;; # before the program could take notice
        0:0) ;;
        *) bad=$((bad + 1)); echo "# $signal: ended with $ended: $(cat "$scratch/err")" ;;
        esac
        left=$(find "$scratch" -maxdepth 1 -name '.dir.clever2sds-*')
        [ -z "$left" ] || { bad=$((bad + 1)); echo "# $signal leaves $left"; rm -rf "$left"; }
        i=$((i + 1))
    done
    echo "# SIG$signal: $cut of $signals runs were cut short"
    [ "$bad" -eq 0 ]; ok "SIG$signal: one complete result, nothing left ($signals times)" $?
done
plan_done
