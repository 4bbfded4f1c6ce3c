#!/bin/sh
# One run at a time for each output folder: whoever comes second is told, or waits.
cd "$(dirname "$0")/.." || exit 1
. tests/helpers.sh
pairs=${PAIRS:-100}
lock=$scratch/.dir.clever2sds-lock

for which in a:1 b:2; do
    seed=${which#*:} which=${which%:*}
    "$generate" --version 3.0 --students 300 --seed "$seed" "$scratch/$which"
    "$bin" -q -o "$scratch/dir" "$scratch/$which" || exit 1
    sums "$scratch/dir" >"$scratch/$which.sums"
done
cmp -s "$scratch/a.sums" "$scratch/b.sums"
[ $? -eq 1 ]; ok 'the two results differ' $?

# A run that waits for its export, and so holds the lock until it gets one.
mkfifo "$scratch/fifo"
hold() {
    "$bin" -q -o "$scratch/dir" "$scratch/fifo" 2>"$scratch/held" &
    holder=$!
    until [ -s "$lock" ]; do sleep 0.05; done
}
let_go() {
    cat "$scratch/a"/*.json >"$scratch/fifo"
    wait $holder
}

hold
"$bin" -o "$scratch/dir" "$scratch/b" >"$scratch/o" 2>"$scratch/e"
[ $? -eq 4 ] && [ "$(wc -l <"$scratch/e")" -eq 1 ] && [ ! -s "$scratch/o" ] &&
    grep -q "dir: another run (process $holder, since 20[-0-9]*T[0-9:]*Z) is writing there" "$scratch/e"
ok 'a second run ends with status 4 and names the first' $?
"$bin" --check -o "$scratch/dir" "$scratch/b" 2>/dev/null
[ $? -eq 4 ]; ok 'so does one with --check' $?
ln -s dir "$scratch/other name"
"$bin" -o "$scratch/other name" "$scratch/b" 2>/dev/null
[ $? -eq 4 ]; ok 'and one that calls the folder by another name' $?
"$bin" -q -o "$scratch/dir2" "$scratch/b"; ok 'but not one into another folder' $?
"$bin" --wait 1 -o "$scratch/dir" "$scratch/b" 2>"$scratch/e"
[ $? -eq 4 ] && grep -q "process $holder, .* after 1 s; " "$scratch/e"; ok '--wait ends when the time is over' $?

"$bin" --wait 1000 -o "$scratch/dir" "$scratch/b" 2>"$scratch/e" &
waiting=$!
sleep 0.2
kill -TERM $waiting
wait $waiting
[ $? -eq 143 ] && grep -q 'interrupted; nothing was published' "$scratch/e" && [ -s "$lock" ]
ok 'SIGTERM ends the waiting' $?

"$bin" -q --wait 1000 -o "$scratch/dir" "$scratch/b" &
waiting=$!
let_go
first=$?
wait $waiting
[ $? -eq 0 ] && [ $first -eq 0 ] && sums "$scratch/dir" | cmp -s - "$scratch/b.sums"
ok '--wait goes on when the first run has ended' $?
[ ! -e "$lock" ]; ok 'no lock is left' $?

hold
kill -KILL $holder
wait $holder 2>/dev/null
[ -s "$lock" ]; ok 'a run that is killed leaves its lock' $?
"$bin" -q -o "$scratch/dir" "$scratch/a" && sums "$scratch/dir" | cmp -s - "$scratch/a.sums"
ok 'which is in nobody'"'"'s way' $?
[ -z "$(find "$scratch" -maxdepth 1 -name '.dir.*')" ]; ok 'and is cleared away' $?

# A stage of another folder whose name begins alike is not ours to clear away.
mkdir "$scratch/.dir.clever2sds-7.clever2sds-1-0" "$scratch/.dir.clever2sds-1-0"
"$bin" -q -o "$scratch/dir" "$scratch/a"
[ -d "$scratch/.dir.clever2sds-7.clever2sds-1-0" ] && [ ! -e "$scratch/.dir.clever2sds-1-0" ]
ok 'stages of this folder are cleared away, others not' $?
rmdir "$scratch/.dir.clever2sds-7.clever2sds-1-0"

# Both at once. Every second time there is no folder yet, nor the one above it.
home=$scratch/above/it
good() { # STATUS-A STATUS-B: whether the result is that of a run that has published
    sums "$home/dir" >"$scratch/now" 2>/dev/null
    { [ "$1" -eq 0 ] && cmp -s "$scratch/now" "$scratch/a.sums"; } ||
        { [ "$2" -eq 0 ] && cmp -s "$scratch/now" "$scratch/b.sums"; }
}

pair() { # sets one, other
    "$bin" -q -o "$home/dir" "$scratch/a" 2>"$scratch/ea" &
    first=$!
    "$bin" -q -o "$home/dir" "$scratch/b" 2>"$scratch/eb" &
    second=$!
    wait $first
    one=$?
    wait $second
    other=$?
}

bad=0 refused=0 i=0
while [ $i -lt "$pairs" ]; do
    [ $((i % 2)) -eq 0 ] || rm -rf "$scratch/above"
    pair
    case $one$other in
    00) ;;
    04 | 40) refused=$((refused + 1)) ;;
    *) bad=$((bad + 1)); echo "# $one $other: $(cat "$scratch/ea" "$scratch/eb")" ;;
    esac
    good $one $other || { bad=$((bad + 1)); echo '# no good result'; }
    [ "$(ls -A "$home")" = dir ] || { bad=$((bad + 1)); ls -A "$home" | sed 's/^/# left: /'; }
    i=$((i + 1))
done
echo "# $pairs pairs: $refused times one was refused"
[ $bad -eq 0 ]; ok "two runs at once always end in one good result ($pairs times)" $?

# With three of them, one may open the lock of a run that ends while another one makes a new lock.
bad=0 i=0
while [ $i -lt $((pairs / 4)) ]; do
    [ $((i % 2)) -eq 0 ] || rm -rf "$scratch/above"
    "$bin" -q --wait 600 -o "$home/dir" "$scratch/a" 2>"$scratch/e1" &
    first=$!
    "$bin" -q --wait 600 -o "$home/dir" "$scratch/b" 2>"$scratch/e2" &
    second=$!
    "$bin" -q --wait 600 -o "$home/dir" "$scratch/a" 2>"$scratch/e3" || bad=$((bad + 1))
    wait $first || bad=$((bad + 1))
    wait $second || bad=$((bad + 1))
    good 0 0 && [ "$(ls -A "$home")" = dir ] || bad=$((bad + 1))
    cat "$scratch/e1" "$scratch/e2" "$scratch/e3" | sed 's/^/# /'
    i=$((i + 1))
done
[ $bad -eq 0 ]; ok "with --wait all succeed (three at once, $((pairs / 4)) times)" $?

# A first run that fails takes the folders away that it has made; the one that waits makes them anew.
bad=0 i=0
while [ $i -lt 30 ]; do
    rm -rf "$scratch/above"
    "$bin" -q -o "$home/dir" "$scratch/nothing" 2>/dev/null &
    first=$!
    "$bin" -q --wait 600 -o "$home/dir" "$scratch/a" 2>"$scratch/e" || bad=$((bad + 1))
    wait $first
    sums "$home/dir" | cmp -s - "$scratch/a.sums" || { bad=$((bad + 1)); sed 's/^/# /' "$scratch/e"; }
    i=$((i + 1))
done
[ $bad -eq 0 ]; ok 'a run beside one that fails succeeds' $?
plan_done
