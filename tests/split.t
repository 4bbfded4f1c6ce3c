#!/bin/bash
# --split: random small districts and generated ones, divided at several limits, compared with what
# the rules say (worked out here from the undivided result by brute force); then what publishing
# does to folders that hold old sets and files of somebody else.
cd "$(dirname "$0")/.." || exit 1
. tests/helpers.sh

cat >"$scratch/split.py" <<'PYTHON'
"""split.py WORK PROGRAM GENERATE: prints a line for each check, `ok` or what is wrong."""
import csv
import json
import os
import random
import shutil
import subprocess
import sys

FILES = ['School', 'Section', 'Teacher', 'Student', 'TeacherRoster', 'StudentEnrollment']
work, program, generate = sys.argv[1:]


def convert(out, export, *options):
    done = subprocess.run([program, '-q', '-o', out, *options, export], capture_output=True, text=True)
    return done.returncode


def rows_of(folder, lower):
    """For each file the list of its rows, header first, as lists of cells; None for no file."""
    result = {}
    for name in FILES:
        path = os.path.join(folder, (name.lower() if lower else name) + '.csv')
        if os.path.exists(path):
            with open(path, newline='', encoding='utf-8') as f:
                result[name] = list(csv.reader(f))
    return result


class District:
    """An undivided result, and what a set of some of its schools has to hold."""

    def __init__(self, whole):
        self.whole = whole
        body = {f: whole[f][1:] if f in whole else [] for f in FILES}
        self.body = body
        self.schools = [r[0] for r in body['School']]
        self.section_school = {r[0]: r[1] for r in body['Section']}
        self.people = {}
        for f in ('Teacher', 'Student'):
            self.people[f] = {}
            for i, r in enumerate(body[f]):
                self.people[f].setdefault(r[0], []).append((i, r[1]))

    def content(self, schools):
        """The places of the rows of each file that belong to a set of these schools."""
        inside = set(schools)
        got = {f: set() for f in FILES}
        got['Section'] = {i for i, r in enumerate(self.body['Section']) if r[1] in inside}
        wanted = set(inside)
        for f, pairs in (('Teacher', 'TeacherRoster'), ('Student', 'StudentEnrollment')):
            got[f] = {i for i, r in enumerate(self.body[f]) if r[1] in inside}
            for i, (section, person) in enumerate(self.body[pairs]):
                if self.section_school[section] not in inside:
                    continue
                got[pairs].add(i)
                rows = self.people[f][person]
                if not any(school in inside for _, school in rows):
                    got[f].add(rows[0][0])
                    wanted.add(rows[0][1])
        got['School'] = {i for i, r in enumerate(self.body['School']) if r[0] in wanted}
        return got

    def divide(self, limit):
        """The sets, or None when a school does not fit, and which files are to blame."""
        fits = lambda c: all(len(c[f]) <= limit for f in FILES)
        sets, current, blame = [], [], []
        for school in self.schools:
            alone = self.content([school])
            if not fits(alone):
                blame += [(f, school) for f in FILES if len(alone[f]) > limit]
                continue
            if current and not fits(self.content(current + [school])):
                sets.append(current)
                current = []
            current.append(school)
        if current:
            sets.append(current)
        blame.sort(key=lambda b: (FILES.index(b[0]), self.schools.index(b[1])))
        return sets, blame


def complete(rows, limit):
    """What any set must be, whoever made it."""
    ids = {f: [r[0] for r in rows.get(f, [])[1:]] for f in FILES}
    for f, r in rows.items():
        assert len(r) - 1 <= limit, f'{f} has {len(r) - 1} rows'
    for f in ('Section', 'Teacher', 'Student'):
        for r in rows.get(f, [])[1:]:
            assert r[1] in ids['School'], f'{f}: school {r[1]} is missing'
    for pairs, f in (('TeacherRoster', 'Teacher'), ('StudentEnrollment', 'Student')):
        have = set(ids[f])
        for section, person in rows.get(pairs, [[]])[1:]:
            assert section in ids['Section'] and person in have, f'{pairs}: dangling'


def compare(district, out, limit, lower, bom):
    sets, _ = district.divide(limit)
    names = sorted(n for n in os.listdir(out))
    assert names == sorted(['review'] + [str(i + 1) for i in range(len(sets))]), names
    union = {f: set() for f in district.whole}
    with open(f'{out}/review/summary.json', encoding='utf-8') as f:
        summary = json.load(f)
    for i, schools in enumerate(sets):
        got = rows_of(f'{out}/{i + 1}', lower)
        assert got.keys() == district.whole.keys(), f'files of set {i + 1}: {sorted(got)}'
        complete(got, limit)
        want = district.content(schools)
        for f, rows in got.items():
            name = (f.lower() if lower else f) + '.csv'
            expected = [district.whole[f][0]] + [district.body[f][n] for n in sorted(want[f])]
            assert rows == expected, f'{f} of set {i + 1}'
            assert summary['sets'][i][name] == len(rows) - 1, f'summary of {f}'
            assert f'{i + 1}/{name}' in summary['files']
            union[f] |= want[f]
            with open(f'{out}/{i + 1}/{name}', 'rb') as raw:
                assert raw.read(3).startswith(b'\xef\xbb\xbf') == bom, 'byte order mark'
    assert len(summary['files']) == len(sets) * len(district.whole)
    for f in district.whole:
        assert len(union[f]) == len(district.body[f]), f'{f}: rows are lost'


def sums(folder):
    result = {}
    for base, _, files in os.walk(folder):
        for f in files:
            with open(os.path.join(base, f), 'rb') as raw:
                result[os.path.relpath(os.path.join(base, f), folder)] = raw.read()
    return result


def check(export, limit, options, name, district_of={}):
    lower, bom = '--lowercase-names' in options, '--bom' in options
    key = (export, tuple(options))
    if key not in district_of:
        shutil.rmtree(f'{work}/whole', ignore_errors=True)
        assert convert(f'{work}/whole', export, *options) in (0, 1), 'undivided'
        district_of.clear()
        district_of[key] = District(rows_of(f'{work}/whole', lower))
    district = district_of[key]
    out = f'{work}/out'
    shutil.rmtree(out, ignore_errors=True)
    largest = max(len(b) for b in district.body.values())
    if limit is None:
        limit = max(1, largest - 1)
    _, blame = district.divide(limit)
    status = convert(out, export, '--split', str(limit), *options)
    if largest <= limit:
        assert status in (0, 1) and not os.path.exists(f'{out}/1'), 'divided without need'
        got, want = sums(out), sums(f'{work}/whole')
        for told in ('review/summary.json', 'review/report.html'):
            del got[told], want[told]
        assert got == want, 'not as without --split'
        return 'whole'
    if blame:
        assert status == 5 and os.listdir(out) == ['review'], f'status {status}'
        with open(f'{out}/review/errors.csv', newline='', encoding='utf-8-sig') as f:
            told = [(r['File'], r['Clever ID']) for r in csv.DictReader(f)
                    if r['Code'] == 'row_limit' and r['Severity'] == 'error']
        assert told == [((f.lower() if lower else f) + '.csv', s) for f, s in blame], (told, blame)
        return 'too large'
    assert status in (0, 1), f'status {status}'
    compare(district, out, limit, lower, bom)
    one = sums(out)
    shutil.rmtree(out)
    convert(out, export, '--split', str(limit), '-j1', *options)
    assert sums(out) == one, 'other bytes with -j1'
    return 'divided'


def random_district(path, seed):
    """Schools without anything, people without classes, classes without people, people who are in
    classes of any school, ids that need quotes."""
    r = random.Random(seed)
    odd = r.choice(['', ',', '"', ' "x",', '#'])
    ids = lambda kind, n: [f'{kind}{odd}{i}' for i in range(n)]
    schools, teachers = ids('a', r.randint(1, 9)), ids('t', r.randint(1, 12))
    students, sections = ids('s', r.randint(1, 40)), ids('c', r.randint(1, 20))
    busy = r.sample(schools, r.randint(1, len(schools)))
    stray = r.choice([0, 0.05, 0.5, 1])
    home = {p: r.choice(busy) for p in teachers + students}
    more = {p: r.sample(schools, r.randint(0, min(3, len(schools)))) for p in home}

    def person(p):
        return {'id': p, 'school': home[p], 'schools': more[p],
                'name': {'first': 'A, "B"', 'last': 'C'}, 'credentials': {'district_username': 'u' + p}}

    def members(people, school, most):
        local = [p for p in people if home[p] == school]
        count = r.randint(0, most)
        chosen = [r.choice(people) if not local or r.random() < stray else r.choice(local)
                  for _ in range(count)]
        return list(dict.fromkeys(chosen))

    where = {c: r.choice(busy) for c in sections}
    export = {'schools': [{'id': a, 'name': 'School'} for a in schools],
              'teachers': [person(t) for t in teachers], 'students': [person(s) for s in students],
              'sections': [{'id': c, 'name': 'Class', 'school': where[c],
                            'teachers': members(teachers, where[c], 3),
                            'students': members(students, where[c], 12)} for c in sections]}
    export['sections'][0]['teachers'].append(teachers[0])
    export['sections'][0]['students'].append(students[0])
    with open(path, 'w', encoding='utf-8') as f:
        json.dump(export, f)
    return r


def run(name, function):
    try:
        print('ok' if function() else 'nothing was divided', name, sep='\t')
    except AssertionError as wrong:
        print(f'{wrong}', name, sep='\t')


def random_districts(first, count, options):
    seen = {'whole': 0, 'divided': 0, 'too large': 0}
    for seed in range(first, first + count):
        path = f'{work}/export.json'
        r = random_district(path, seed)
        for limit in (None, r.randint(1, 10), r.randint(5, 40), r.randint(20, 120)):
            try:
                seen[check(path, limit, options, seed, {})] += 1
            except AssertionError as wrong:
                raise AssertionError(f'seed {seed}, limit {limit}: {wrong}')
    print(f'# {options}: {seen}', file=sys.stderr)
    return all(seen.values())


def many_sets(count):
    """More sets than are written at the same time."""
    path = f'{work}/export.json'
    person = lambda p, i: {'id': p, 'school': f'a{i}', 'credentials': {'district_username': p}}
    every = range(count)
    export = {'schools': [{'id': f'a{i}', 'name': 'School'} for i in every],
              'teachers': [person(f't{i}', i) for i in every],
              'students': [person(f's{i}', i) for i in every],
              'sections': [{'id': f'c{i}', 'name': 'Class', 'school': f'a{i}', 'teachers': [f't{i}'],
                            'students': [f's{i}', f's{(i * 7 + 1) % count}']} for i in every]}
    with open(path, 'w', encoding='utf-8') as f:
        json.dump(export, f)
    assert check(path, 2, [], '', {}) == 'divided'
    return os.path.exists(f'{work}/out/{count - 2}')


def generated(version, shape, students, limits, options):
    export = f'{work}/generated'
    shutil.rmtree(export, ignore_errors=True)
    subprocess.run([generate, '--version', version, '--students', str(students), '--seed', '9',
                    '--shape', shape, export], check=True)
    return all(check(export, limit, options, limit) == 'divided' for limit in limits)


run('random districts', lambda: random_districts(0, 40, []))
run('people with a row for each school',
    lambda: random_districts(1000, 40, ['--multi-school', 'rows']))
run('users only', lambda: random_districts(2000, 10, ['--users-only', '--bom']))
run('lower case and byte order mark',
    lambda: random_districts(3000, 10, ['--lowercase-names', '--bom', '--columns', 'all']))
run('more sets than are written at once', lambda: many_sets(140))
run('API 3.0', lambda: generated('3.0', 'envelope', 9000, (7000, 13000, 30000), []))
run('API 2.1, rows', lambda: generated('2.1', 'envelope', 9000, (7000, 20000),
                                       ['--multi-school', 'rows']))
run('CSV', lambda: generated('2.1', 'csv', 9000, (7000, 20000), []))
PYTHON

while IFS="$(printf '\t')" read -r result name; do
    [ "$result" = ok ] || echo "# $result"
    [ "$result" = ok ]; ok "as the rules say: $name" $?
done < <(python3 -B "$scratch/split.py" "$scratch" "$bin" "$generate")

# ---- publishing ----

demo=fixtures/demo/input
dir=$scratch/dir
files=6

convert() { "$bin" -q --max-removed 100% -o "$dir" "$@" "$demo"; [ $? -le 1 ]; }
listing() { (cd "$dir" && find . -mindepth 1 | LC_ALL=C sort | tr '\n' ' '); }
csv_in() { [ "$(find "$dir/$1" -maxdepth 1 -name '*.csv' | wc -l)" -eq "$2" ]; }

convert --split 50 && csv_in 1 $files && csv_in 2 $files && csv_in 3 $files && csv_in . 0
ok 'three sets, and nothing beside them' $?
[ -z "$(find "$dir" -type f ! -perm 600)" ] && [ -z "$(find "$dir" -type d ! -perm 700)" ]
ok 'readable by their owner only' $?
sums "$dir" >"$scratch/three.sums"
chmod 750 "$dir/1"
convert --split 60 && csv_in 1 $files && csv_in 2 $files && [ ! -e "$dir/3" ]
ok 'two sets after three: the third is gone' $?
[ -n "$(find "$dir/1" -maxdepth 0 -perm 750)" ]; ok 'a folder keeps its mode' $?
convert && csv_in . $files && [ ! -e "$dir/1" ] && [ ! -e "$dir/2" ]
ok 'undivided after two sets: both are gone' $?
sums "$dir" >"$scratch/whole.sums"
convert --split 60 && csv_in . 0 && csv_in 2 $files
ok 'two sets after undivided: the six files are gone' $?

convert --split 50
before=$(listing)
"$bin" -q -o "$dir" --split 40 "$demo" >"$scratch/o" 2>&1
[ $? -eq 5 ] && [ "$(listing)" = "$before" ] && csv_in 3 $files
ok 'status 5: the old sets stand' $?
grep -q '"3/StudentEnrollment.csv"' "$dir/review/summary.json" && grep -q '"sets":	\[\]' "$dir/review/summary.json"
ok 'and the summary still tells of them' $?
"$bin" -q -o "$dir" --check --split 60 "$demo" >"$scratch/o" 2>&1
[ $? -eq 1 ] && [ "$(listing)" = "$before" ]; ok '--check: they would be divided' $?
"$bin" -q -o "$dir" --check --split 40 "$demo" >"$scratch/o" 2>&1
[ $? -eq 5 ] && [ "$(listing)" = "$before" ]; ok '--check: they could not be divided' $?
"$bin" -q -o "$scratch/fresh" --check --split 60 "$demo" >"$scratch/o" 2>&1
[ $? -eq 1 ] && [ "$(ls "$scratch/fresh")" = review ]; ok '--check into a new folder leaves the review' $?
convert && [ ! -e "$dir/1" ] && [ ! -e "$dir/3" ]; ok 'after status 5 and --check nothing stale stays' $?

echo mine >"$dir/2"
sums "$dir" >"$scratch/before"
"$bin" -q -o "$dir" --split 60 "$demo" 2>"$scratch/e"
[ $? -eq 4 ] && grep -q 'called 2 that is no folder' "$scratch/e" && sums "$dir" | cmp -s - "$scratch/before"
ok 'a file in the place of a set is left alone' $?
rm "$dir/2"
ln -s /tmp "$dir/2"
"$bin" -q -o "$dir" --split 60 "$demo" 2>"$scratch/e"
[ $? -eq 4 ] && [ -L "$dir/2" ]; ok 'so is a link' $?
rm "$dir/2"
[ -z "$(find "$scratch" -maxdepth 1 -name '.dir.clever2sds-*')" ]; ok 'nothing is left behind' $?

# Files of somebody else: beside the sets, in a set, in a folder of a set, in a folder that could be a set's.
leave_strangers() {
    mkdir -p "$dir/1/theirs" "$dir/3/theirs" "$dir/7"
    for file in note.txt 1/note.txt 1/theirs/x 3/note.txt 3/theirs/x 7/School.csv; do
        echo "$file" >"$dir/$file"
    done
}
strangers_stand() {
    for file in note.txt 1/note.txt 1/theirs/x 3/note.txt 3/theirs/x 7/School.csv; do
        [ "$(cat "$dir/$file" 2>/dev/null)" = "$file" ] || { echo "# lost: $file"; return 1; }
    done
}
ours() {
    result_sums "$dir" ! -name note.txt ! -path '*/theirs/*' ! -path './7/*'
}
convert --split 50; ours >"$scratch/50.sums"
convert --split 60; ours >"$scratch/60.sums"
convert; ours >"$scratch/0.sums"
leave_strangers
good=0
for rows in 50 60 0 60 50 0 50; do
    if [ "$rows" -eq 0 ]; then convert; else convert --split "$rows"; fi || good=1
    ours | cmp -s - "$scratch/$rows.sums" && strangers_stand || good=1
done
ok 'what is somebody else'"'"'s stays, whatever the result' $good

# Killed before each step of publishing and clearing away: DIR is the old result or the new one,
# and the next run leaves nothing of the other and everything of somebody else.
cat >"$scratch/step.c" <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <stdio.h>
static void step(void)
{
    static int count;
    if (++count == atoi(getenv("KILL_AT")))
        kill(getpid(), SIGKILL);
}
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
int renameat2(int a, const char *b, int c, const char *d, unsigned f)
{
    step();
    return REAL(renameat2)(a, b, c, d, f);
}
int linkat(int a, const char *b, int c, const char *d, int f)
{
    step();
    return REAL(linkat)(a, b, c, d, f);
}
int unlinkat(int a, const char *b, int f)
{
    step();
    return REAL(unlinkat)(a, b, f);
}
int mkdirat(int a, const char *b, mode_t m)
{
    step();
    return REAL(mkdirat)(a, b, m);
}
C
cc -shared -fPIC -o "$scratch/step.so" "$scratch/step.c" -ldl || exit 1

# The result with at most so many rows, or undivided for 0.
run_at() { # STEP ROWS
    options=
    [ "$2" -eq 0 ] || options="--split $2"
    # shellcheck disable=SC2086
    (ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0 KILL_AT=$1 LD_PRELOAD=$scratch/step.so \
        exec "$bin" -q --no-sandbox --max-removed 100% -o "$dir" $options "$demo") 2>/dev/null
}
for change in '50 0' '0 50' '50 60' '60 50'; do
    # shellcheck disable=SC2086
    set -- $change
    step=0 bad=0 old=0 new=0 status=137
    while [ "$status" -eq 137 ] && [ "$step" -lt 500 ]; do
        step=$((step + 1))
        rm -rf "$dir"
        run_at 0 "$1"
        leave_strangers
        run_at 0 "$1" # which leaves what a run leaves with them
        { run_at "$step" "$2"; status=$?; } 2>/dev/null
        if ours | cmp -s - "$scratch/$1.sums"; then
            old=$((old + 1))
        elif ours | cmp -s - "$scratch/$2.sums"; then
            new=$((new + 1))
        else
            echo "# step $step: neither result"; bad=1
        fi
        [ "$(cat "$dir/note.txt" "$dir/1/note.txt" "$dir/3/note.txt" 2>&1 | wc -l)" -eq 3 ] ||
            { echo "# step $step: somebody else's file is away"; bad=1; }
        for next in "$1" "$2"; do
            run_at 0 "$next"
            ours | cmp -s - "$scratch/$next.sums" || { echo "# step $step: wrong after $next"; bad=1; }
            strangers_stand || bad=1
            [ -z "$(find "$scratch" -maxdepth 1 -name '.dir.clever2sds-*')" ] ||
                { echo "# step $step: something is left"; rm -rf "$scratch"/.dir.clever2sds-*; bad=1; }
        done
    done
    echo "# $change: $step steps, $old times the old result, $new times the new one"
    [ "$bad" -eq 0 ] && [ "$old" -gt 5 ] && [ "$new" -gt 5 ] && [ "$step" -lt 500 ]
    ok "killed at each step from $1 to $2 rows a set (0: undivided)" $?
done

# The page shows the first 200 sets, and says where the others are.
mkdir "$scratch/many"
{ echo School_id,School_name; seq 201 | sed 's|.*|S&,School &|'; } >"$scratch/many/schools.csv"
{ echo School_id,Student_id,First_name,Last_name,Username; seq 201 | sed 's|.*|S&,&,A,B,u&|'; } >"$scratch/many/students.csv"
"$bin" -q --users-only --allow-empty teachers --split 1 -o "$scratch/manysets" "$scratch/many" &&
    [ -f "$scratch/manysets/201/Student.csv" ] &&
    grep -qF '<p>summary.json has the rows of the other 1 sets.</p>' "$scratch/manysets/review/report.html"
ok 'the page of more than 200 sets' $?
plan_done
