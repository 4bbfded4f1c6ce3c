#!/bin/sh
# review/changes.csv of results, whole or divided, that were changed at random is what a plain
# comparison by key finds.
cd "$(dirname "$0")/.." || exit 1
. tests/helpers.sh

# Makes an earlier result of the files in a folder: rows go, come, change, grow very long and change
# places.
cat >"$scratch/earlier.pl" <<'PERL'
use strict; use warnings; use List::Util "shuffle";
my ($folder, $seed, $share) = @ARGV;
srand $seed;
for my $file (sort glob "$folder/*.csv") {
    open my $in, '<:raw', $file or die;
    my ($header, @rows) = <$in>;
    close $in;
    my $pairs = $file =~ /Roster|Enrollment/;
    my $new = 0;
    my @out;
    for my $row (@rows) {
        my $what = rand;
        if ($what < $share) { next }
        elsif ($what < 2 * $share) { push @out, "was" . $new++ . $row }
        elsif ($what < 3 * $share && !$pairs) { $row =~ s/\r\n/1\r\n/ }
        elsif ($what < 4 * $share && @out) { splice @out, rand @out, 0, $row; next }
        elsif ($what < 4 * $share + 0.0005) { push @out, map { "block$new-$_$row" } 1 .. 300; $new++ }
        $row =~ s/\r\n/"x" x 400000 . "\r\n"/e if @out == 50 && !$pairs;
        push @out, $row;
    }
    @out = shuffle @out if $seed % 3 == 0;
    open my $to, '>:raw', $file or die;
    print $to $header, @out;
    close $to or die;
}
PERL

# The same by a plain comparison: everything in memory.
cat >"$scratch/plain.pl" <<'PERL'
use strict; use warnings;
my ($old, $new, $rows) = @ARGV;
sub fields { # of a row; none of them has a line end
    my @fields;
    $_[0] =~ s/\r\n$//;
    while ($_[0] =~ /\G(?:"((?:[^"]|"")*)"|([^,]*))(,|$)/g) {
        my $field = defined $1 ? $1 =~ s/""/"/gr : $2;
        push @fields, $field;
        last if $3 eq '';
    }
    return \@fields;
}
sub table {
    open my $in, '<:raw', $_[0] or die;
    my @rows = map { fields($_) } <$in>;
    return @rows;
}
# The rows of the sets in their order, of those with one key the first.
sub divided {
    my ($folder, $name, $key) = @_;
    my ($header, @rows, %seen);
    for (my $set = 1; -d "$folder/$set"; $set++) {
        ($header, my @here) = table("$folder/$set/$name.csv");
        push @rows, grep { !$seen{$key->($_)}++ } @here;
    }
    return ($header, @rows);
}
print "File,Change,SIS ID,Other ID,Columns\r\n";
for my $name (qw(School Section Teacher Student TeacherRoster StudentEnrollment)) {
    my $pairs = $name =~ /Roster|Enrollment/;
    my $person = $name =~ /^(?:Teacher|Student)$/;
    my $key = $pairs ? sub { "$_[0][1],$_[0][0]" }
        : $person && $rows ? sub { "$_[0][0],$_[0][1]" } : sub { "$_[0][0]," };
    my ($header, @old) = -d "$old/1" ? divided($old, $name, $key) : table("$old/$name.csv");
    my ($same, @new) = table("$new/$name.csv");
    my %was = map { $key->($_) => $_ } @old;
    my %is = map { $key->($_) => $_ } @new;
    for my $row (@new) {
        my $before = $was{$key->($row)};
        if (!$before) { print "$name.csv,added,", $key->($row), ",\r\n"; next }
        my @columns = map { $header->[$_] } grep { $before->[$_] ne $row->[$_] } 0 .. $#$header;
        print "$name.csv,changed,", $key->($row), ",@columns\r\n" if @columns;
    }
    for my $row (@old) {
        print "$name.csv,removed,", $key->($row), ",\r\n" if !$is{$key->($row)};
    }
}
PERL

# Whether changes.csv is as expected, with enough in it.
as_expected() { # DESCRIPTION
    changes=$(($(wc -l <"$scratch/expected") - 1))
    [ "$changes" -ge 100 ] && cmp "$scratch/expected" "$scratch/dir/review/changes.csv"
    ok "$1: $changes changes" $?
}

"$generate" --students 4000 --seed 5 "$scratch/export" || exit 1
"$bin" -q -o "$scratch/result" "$scratch/export" || exit 1
for seed in 1 2 3 4 5 6; do
    share=$(perl -e 'print 0.002 * 3 ** ($ARGV[0] % 5)' "$seed")
    rm -rf "$scratch/dir" "$scratch/old"
    cp -R "$scratch/result" "$scratch/dir"
    perl "$scratch/earlier.pl" "$scratch/dir" "$seed" "$share" || exit 1
    cp -R "$scratch/dir" "$scratch/old"
    "$bin" -q --max-removed 100% -o "$scratch/dir" "$scratch/export"
    perl "$scratch/plain.pl" "$scratch/old" "$scratch/dir" >"$scratch/expected"
    as_expected "seed $seed"
done

# The same where the earlier result was divided; and no change where nothing but the division is
# another one. A repeated row is not changed everywhere, so the first must be the one that counts.
rm -rf "$scratch/export" "$scratch/result"
"$generate" --students 18000 --seed 6 "$scratch/export" || exit 1
"$bin" -q -o "$scratch/result" "$scratch/export" || exit 1
"$bin" -q --split 7000 -o "$scratch/sets" "$scratch/export" || exit 1
"$bin" -q --split 7000 --multi-school rows -o "$scratch/sets-rows" "$scratch/export" || exit 1

# Converts the export again in a copy of a folder, and prints how many changes there are.
changes_of() { # FOLDER [OPTION]...
    rm -rf "$scratch/dir"
    cp -R "$1" "$scratch/dir"
    shift
    "$bin" -q "$@" -o "$scratch/dir" "$scratch/export" || return
    grep -q '"comparison":[[:space:]]*"compared"' "$scratch/dir/review/summary.json" || return
    echo $(($(wc -l <"$scratch/dir/review/changes.csv") - 1))
}
# Rows that stand in more than one set; without any there would be nothing to see.
repeated() { cat "$1"/[0-9]*/"$2".csv | sort | uniq -d | grep -vc '^SIS ID'; }
[ -d "$scratch/sets/17" ] && [ "$(repeated "$scratch/sets" School)" -gt 3 ] &&
    [ "$(repeated "$scratch/sets" Student)" -gt 3 ]
ok "more sets than are kept open, and people in several of them" $?
[ "$(changes_of "$scratch/sets")" = 0 ]
ok "no change from divided to whole" $?
[ "$(changes_of "$scratch/result" --split 7000)" = 0 ]
ok "no change from whole to divided" $?
[ "$(changes_of "$scratch/sets" --split 7000)" = 0 ]
ok "no change from divided to divided" $?
[ "$(changes_of "$scratch/sets" --split 15000)" = 0 ]
ok "no change to other sets" $?
[ "$(changes_of "$scratch/sets-rows" --multi-school rows)" = 0 ]
ok "no change with a row for each school" $?

for seed in 11 12 13 14 15 16; do
    share=$(perl -e 'print 0.002 * 3 ** ($ARGV[0] % 5)' "$seed")
    rows=
    [ $((seed % 2)) = 0 ] || rows=-rows
    rm -rf "$scratch/dir" "$scratch/old"
    cp -R "$scratch/sets$rows" "$scratch/dir"
    for set in "$scratch/dir"/[0-9]*; do
        perl "$scratch/earlier.pl" "$set" "$seed${set##*/}" "$share" || exit 1
    done
    cp -R "$scratch/dir" "$scratch/old"
    "$bin" -q --max-removed 100% ${rows:+--multi-school rows} -o "$scratch/dir" "$scratch/export"
    perl "$scratch/plain.pl" "$scratch/old" "$scratch/dir" $rows >"$scratch/expected"
    as_expected "divided, seed $seed"
done
plan_done
