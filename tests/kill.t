#!/bin/sh
# SIGKILL at 200 random moments of a run over an old result: DIR always holds one complete result,
# the old one or the new one, and the next run clears away what was left.
cd "$(dirname "$0")/.." || exit 1
. tests/helpers.sh
kills=${KILLS:-200}

# The check sums of a result. What it tells of the changes since the one before is left out.
result_sums() {
    (cd "$scratch/dir" && md5sum ./*.csv review/errors.csv &&
        sed -E '/"(comparison|state|before|added|removed|changed|(new|gone)_columns)":/d' \
            review/summary.json | md5sum)
}

# The two districts have no id in common.
convert() { "$bin" -q --max-removed 100% -o "$scratch/dir" "$scratch/$1"; }

"$generate" --version 2.1 --students 3000 --seed 1 "$scratch/first"
"$generate" --version 2.1 --students 3000 --seed 2 "$scratch/second"
for which in first second; do
    convert "$which" || exit 1
    result_sums >"$scratch/$which.sums"
done
cmp -s "$scratch/first.sums" "$scratch/second.sums"
[ $? -eq 1 ]; ok 'the two results differ' $?
echo mine >"$scratch/dir/stranger.txt"
mkdir "$scratch/dir/theirs" && echo theirs >"$scratch/dir/theirs/file"
echo note >"$scratch/dir/review/note.txt"

cat >"$scratch/killer.pl" <<'PERL'
# Starts the program, kills it after a random part of the time that a whole run takes.
use strict; use warnings; use Time::HiRes qw(sleep);
my ($longest, @command) = @ARGV;
my $pid = fork // die;
if ($pid == 0) { exec @command or die }
sleep(rand($longest));
kill 'KILL', $pid;
waitpid $pid, 0;
PERL

longest=$(perl -MTime::HiRes=time -e '$t = time; system @ARGV; printf "%.3f", (time - $t) * 1.1' \
    "$bin" -q --max-removed 100% -o "$scratch/dir" "$scratch/first")
bad=0 saw_first=0 saw_second=0
i=0
while [ "$i" -lt "$kills" ]; do
    which=first
    [ $((i % 2)) -eq 0 ] || which=second
    perl "$scratch/killer.pl" "$longest" "$bin" -q --max-removed 100% -o "$scratch/dir" \
        "$scratch/$which"
    result_sums >"$scratch/now"
    if cmp -s "$scratch/now" "$scratch/first.sums"; then
        saw_first=$((saw_first + 1))
    elif cmp -s "$scratch/now" "$scratch/second.sums"; then
        saw_second=$((saw_second + 1))
    else
        bad=$((bad + 1))
    fi
    [ "$(cat "$scratch/dir/stranger.txt" 2>&1)" = mine ] || { bad=$((bad + 1)); echo "# stranger lost"; }
    i=$((i + 1))
done
echo "# $kills kills: $saw_first times the first result, $saw_second times the second"
[ "$bad" -eq 0 ]; ok "always one complete result ($kills kills)" $?
convert first; ok 'the next run succeeds' $?
[ "$(cat "$scratch/dir/theirs/file")" = theirs ] && [ "$(cat "$scratch/dir/review/note.txt")" = note ]
ok 'what is somebody else'"'"'s is still there' $?
[ "$(ls -A "$scratch/dir" | wc -l)" -eq 9 ]; ok 'and nothing else' $?
find "$scratch" -maxdepth 1 -name '.dir.clever2sds-*' -exec ls -AlR {} + | sed 's/^/# /'
[ -z "$(find "$scratch" -maxdepth 1 -name '.dir.clever2sds-*')" ]; ok 'nothing is left behind' $?
plan_done
