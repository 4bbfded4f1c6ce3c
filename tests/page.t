#!/bin/sh
# The review page in a real browser: `make check-page` installs what it needs. Where that is not
# there, and in CI, it is skipped.
cd "$(dirname "$0")/.." || exit 1
. tests/helpers.sh
strict=${STRICT:-}

skip() { echo "1..0 # skip $1"; exit 0; }
[ -z "${CI:-}" ] || skip 'no browser is started in CI'
command -v node >/dev/null || skip 'there is no node; make check-page installs it'
[ -x "${CHROMIUM:-/usr/bin/chromium}" ] || skip 'there is no chromium; make check-page installs it'
[ -d tests/page/node_modules/playwright-core ] && [ -d tests/page/node_modules/axe-core ] ||
    skip 'there is no playwright-core or axe-core; make check-page installs them'

# make_page NAME STATUS ARGUMENT...  The result before it is what $scratch/out holds.
make_page() {
    name=$1 wanted=$2
    shift 2
    "$bin" -q -o "$scratch/out" "$@"
    [ $? -eq "$wanted" ] && mv "$scratch/out/review/report.html" "$scratch/pages/$name.html" && return
    echo "Bail out! $name cannot be made"
    exit 1
}

# A district whose page is as large as can be: many schools, 100,000 problems of some kinds, and long
# values that need escaping.
make_large() {
    mkdir "$scratch/large"
    perl -e '
        my $long = "&\"<Long name>" x 6;
        sub file { open my $f, ">", "$ARGV[0]/$_[0].csv" or die; print $f "$_[1]\n"; $f }
        sub cell { my $c = shift; $c =~ s/"/""/g; "\"$c\"" }
        my $f = file("schools", "School_id,School_name");
        print $f "$_,", cell("$_ $long"), "\n" for 1 .. 1500;
        $f = file("teachers", "School_id,Teacher_id,Teacher_email,First_name,Last_name,Username");
        print $f "$_,T$_,none,A,", cell($long), ",t $_\n" for 1 .. 1500;
        $f = file("students", "School_id,Student_id,Grade,DOB,Student_email,First_name,Last_name,Username");
        print $f join(",", $_ % 1500 + 1, "P$_", cell("$long $_"), "never", cell($long), cell($long),
            cell($long x 2), $_ % 7 ? cell("$long $_") : ""), "\n" for 1 .. 25000;
        $f = file("sections", "School_id,Section_id,Teacher_id,Name,Subject,Term_start,Term_end");
        print $f join(",", $_ % 1500 + 1, cell("C $_ $long"), "nobody", cell($long x 5), cell($long),
            "2026-09-01", "2026-01-01"), "\n" for 1 .. 3000;
        $f = file("enrollments", "School_id,Section_id,Student_id");
        print $f join(",", 1, cell("C $_ $long"), "P$_"), "\n", join(",", 1, "none", "P$_"), "\n",
            join(",", 1, cell("C $_ $long"), "Q$_"), "\n" for 1 .. 2900;
    ' "$scratch/large"
}

mkdir "$scratch/pages"
make_large
make_page demo 1 fixtures/demo/input
make_page compared 1 --split 50 --max-removed 100% fixtures/demo/input
rm -r "$scratch/out"
make_page clean 0 fixtures/good-page-check/input
rm -r "$scratch/out"
make_page stopped 5 --max-errors 1 fixtures/good-page-errors/input
rm -r "$scratch/out"
make_page hostile 1 fixtures/good-page-hostile-values/input
rm -r "$scratch/out"
make_page large 5 --max-errors 1 "$scratch/large"
node tests/page/page_test.js "$scratch/pages" $strict
