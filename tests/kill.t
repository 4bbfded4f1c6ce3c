#!/bin/sh
# SIGKILL at random moments of a run over an old result (KILLS of them): DIR always holds one
# complete result, the old one or the new one, and the next run clears away what was left. First
# between two plain results, then between one that is divided into sets and one that is not, with
# files of somebody else beside the sets, in them, and in a folder that could be a set's. The same
# for the signals that ask to end (SIGNALS of each), which leave nothing to clear away.
cd "$(dirname "$0")/.." || exit 1
. tests/helpers.sh
kills=${KILLS:-200}
signals=${SIGNALS:-25}

# The two districts have no id in common.
"$generate" --version 2.1 --students 3000 --seed 1 "$scratch/first"
"$generate" --version 2.1 --students 3000 --seed 2 "$scratch/second"

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

# What is ours in DIR.
ours() {
    result_sums "$1" ! -name stranger.txt ! -path './*/note.txt' ! -path '*/theirs/*' ! -path './9/*'
}

# Files of somebody else, and all of them in one text.
leave_strangers() {
    mkdir -p "$1/theirs" "$1/2/theirs" "$1/9"
    echo mine >"$1/stranger.txt"
    echo theirs >"$1/theirs/file"
    echo note >"$1/review/note.txt"
    echo note >"$1/2/note.txt"
    echo theirs >"$1/2/theirs/file"
    echo backup >"$1/9/School.csv"
}
strangers() { (cd "$1" && cat stranger.txt theirs/file review/note.txt 2/note.txt 2/theirs/file 9/School.csv) 2>&1; }
left='mine theirs note note theirs backup'

# One run, of $first or $second in turns, that gets signal $1 in round $2; counts what DIR holds then.
strike() {
    [ $(($2 % 2)) -eq 0 ] && options=$first || options=$second
    # Where neither result has sets (the second never has), folder 2 is nothing but somebody else's.
    [ "$name" != plain ] && [ "$options:$held" != "$second:2" ] || may_wait=yes
    # shellcheck disable=SC2086
    ended=$(perl "$scratch/killer.pl" "$1" "$longest" "$bin" -q --max-removed 100% -o "$dir" $options 2>"$scratch/err")
    ours "$dir" >"$scratch/now"
    if cmp -s "$scratch/now" "$scratch/1.sums"; then
        saw_1=$((saw_1 + 1)) held=1
    elif cmp -s "$scratch/now" "$scratch/2.sums"; then
        saw_2=$((saw_2 + 1)) held=2
    else
        bad=$((bad + 1))
    fi
    # A whole folder of somebody else cannot be in two places: it may wait for the next run.
    [ "$(cat "$dir/stranger.txt" 2>&1)" = mine ] || { bad=$((bad + 1)); echo "# stranger lost"; }
    if [ "$(cat "$dir/2/note.txt" 2>&1)" = note ]; then
        may_wait=no
    elif [ "$may_wait" = no ]; then
        bad=$((bad + 1)); echo "# stranger in a set lost"
    fi
}

# Runs $first and $second, each some words of options and the export, in turns into $dir.
begin_rounds() { # NAME FIRST SECOND
    name=$1 first=$2 second=$3 dir=$scratch/dir held=2 may_wait=no
    rm -rf "$dir"
    for which in 1 2; do
        [ "$which" = 1 ] && options=$first || options=$second
        # shellcheck disable=SC2086
        "$bin" -q --max-removed 100% -o "$dir" $options || exit 1
        ours "$dir" >"$scratch/$which.sums"
    done
    cmp -s "$scratch/1.sums" "$scratch/2.sums"
    [ $? -eq 1 ]; ok "$name: the two results differ" $?
    leave_strangers "$dir"
    # shellcheck disable=SC2086
    longest=$(perl -MTime::HiRes=time -e '$t = time; system @ARGV; printf "%.3f", (time - $t) * 1.1' \
        "$bin" -q --max-removed 100% -o "$dir" $first)
}

kill_rounds() {
    bad=0 saw_1=0 saw_2=0 i=0
    while [ "$i" -lt "$kills" ]; do
        strike KILL "$i"
        i=$((i + 1))
    done
    echo "# $kills kills: $saw_1 times the first result, $saw_2 times the second"
    [ "$bad" -eq 0 ]; ok "$name: always one complete result ($kills kills)" $?
    # shellcheck disable=SC2086
    "$bin" -q --max-removed 100% -o "$dir" $first; ok "$name: the next run succeeds" $?
    ours "$dir" | cmp -s - "$scratch/1.sums"; ok "$name: with its result and nothing else" $?
    [ "$(strangers "$dir" | tr '\n' ' ')" = "$left " ]
    ok "$name: what is somebody else's is still there" $?
    find "$scratch" -maxdepth 1 -name '.dir.clever2sds-*' -exec ls -AlR {} + | sed 's/^/# /'
    [ -z "$(find "$scratch" -maxdepth 1 -name '.dir.clever2sds-*')" ]
    ok "$name: nothing is left behind" $?
}

# Ended by the signal with one line, or the run was through already; SIGPIPE is nothing to it.
signal_rounds() {
    for signal in INT TERM HUP PIPE; do
        bad=0 cut=0 i=0
        while [ "$i" -lt "$signals" ]; do
            strike "$signal" "$i"
            lines=$(wc -l <"$scratch/err")
            case $ended:$lines in
            signal:1) cut=$((cut + 1)); [ "$signal" != PIPE ] || bad=$((bad + 1)) ;;
            signal:0) ;; # before the program could take notice
            0:0) ;;
            *) bad=$((bad + 1)); echo "# $signal: ended with $ended: $(cat "$scratch/err")" ;;
            esac
            behind=$(find "$scratch" -maxdepth 1 -name '.dir.clever2sds-*')
            [ -z "$behind" ] || { bad=$((bad + 1)); echo "# $signal leaves $behind"; rm -rf "$behind"; }
            i=$((i + 1))
        done
        echo "# SIG$signal: $cut of $signals runs were cut short"
        [ "$bad" -eq 0 ]; ok "$name, SIG$signal: one complete result, nothing left ($signals times)" $?
    done
}

begin_rounds plain "$scratch/first" "$scratch/second"
kill_rounds
signal_rounds
begin_rounds divided "--split 7000 $scratch/first" "$scratch/second"
kill_rounds
signal_rounds
plan_done
