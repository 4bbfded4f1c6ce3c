#!/usr/bin/perl
# Marks the people of an export: every name, id, e-mail address, username and number in the files
# given gets Zq7 in front, and every set of credentials the password Pw9Secret. References stay
# right, because the same id gets the same mark everywhere. Files are changed in place, also those
# that are not valid; what cannot be told apart is left alone.
use strict;
use warnings;

my $keys = join '|', qw(
    first middle last name username district_username email district_id id sis_id state_id
    student_number teacher_number school_number section_number legacy_id title school teacher
    student course term_id course_name course_number number principal phone address city);

sub mark_list {
    my ($list) = @_;
    $list =~ s/"(?!Zq7)([^",]+)"/"Zq7$1"/g;
    return $list;
}

sub mark_json {
    my ($text) = @_;
    $text =~ s/\b([0-9a-f]{24})\b/Zq7$1/g;
    $text =~ s/("(?:$keys)"\s*:\s*")(?!Zq7)(?=[^"])/$1Zq7/g;
    $text =~ s{("(?:schools|teachers|students)"\s*:\s*\[)([^]\{\}]*)}{$1 . mark_list($2)}ge;
    $text =~ s/\@(?=[\w.-]+")/\@zq7./g;
    $text =~ s/("\w*password"\s*:\s*")/$1Pw9Secret/g;
    $text =~ s/("credentials"\s*:\s*\{)(\s*\})/$1"district_password": "Pw9Secret"$2/g;
    $text =~ s/("credentials"\s*:\s*\{)(?!"district_password")/$1"district_password": "Pw9Secret", /g;
    return $text;
}

# Every field, and a column for passwords in front where no field has a line end in it.
sub mark_csv {
    my ($text) = @_;
    my @lines = split /(\r\n|\r|\n)/, $text;
    my $plain = !grep { tr/"// % 2 } @lines;
    my $header = 1;
    for (my $i = 0; $i < @lines; $i += 2) {
        next if $lines[$i] =~ /^[\s,]*$/;
        if ($header) {
            $lines[$i] =~ s/^(\xEF\xBB\xBF)?/($1 \/\/ '') . 'Password,'/e if $plain;
        } else {
            $lines[$i] =~ s/(^|,)("?)(?=[^",])/$1$2Zq7/g;
            $lines[$i] =~ s/^/Pw9Secret,/ if $plain;
        }
        $header = 0;
    }
    return join '', @lines;
}

for my $name (@ARGV) {
    open my $in, '<:raw', $name or die "$name: $!";
    my $text = do { local $/; <$in> } // '';
    close $in;
    my $csv = $name =~ /\.csv$/i || $text =~ /^(?:\xEF\xBB\xBF)?"?\w+"?,/;
    open my $out, '>:raw', $name or die "$name: $!";
    print $out $csv ? mark_csv($text) : mark_json($text);
    close $out or die "$name: $!";
}
