#!/bin/sh
# review/changes.csv of results that were changed at random is what a plain comparison by key finds.
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
my ($old, $new) = @ARGV;
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
print "File,Change,SIS ID,Other ID,Columns\r\n";
for my $name (qw(School Section Teacher Student TeacherRoster StudentEnrollment)) {
    my ($header, @old) = table("$old/$name.csv");
    my ($same, @new) = table("$new/$name.csv");
    my $pairs = $name =~ /Roster|Enrollment/;
    my $key = $pairs ? sub { "$_[0][1],$_[0][0]" } : sub { "$_[0][0]," };
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
    [ "$(wc -l <"$scratch/expected")" -gt 100 ] && cmp "$scratch/expected" "$scratch/dir/review/changes.csv"
    ok "seed $seed: $(($(wc -l <"$scratch/expected") - 1)) changes" $?
done
plan_done
