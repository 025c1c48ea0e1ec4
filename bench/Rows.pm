# Reads bench/rows: the peers, in their order, and their rows.
package Rows;
use strict;
use warnings;

# ({name, kinds => {kind => 1}, command => [words], rows => [{name, bytes, what}]}, ...)
sub read {
    my ($build) = @_;
    my @peers;
    open my $in, '<', 'bench/rows' or die "bench/rows: $!\n";
    while (<$in>) {
        chomp;
        next if /^(#|\s*$)/;
        if (/^peer (\S+) : ([^:]+) : (.+)$/) {
            my ($name, $kinds, $command) = ($1, $2, $3);
            $command =~ s/\$B/$build/g;
            push @peers, {name => $name, kinds => {map { $_ => 1 } split ' ', $kinds}, command => [split ' ', $command], rows => []};
        }
        elsif (/^row (\S+) : ([^:]+) : (.+)$/ && @peers) {
            push @{$peers[-1]{rows}}, {name => $1, bytes => $2, what => $3};
        }
        else { die "bench/rows:$.: neither a peer nor a row of one\n"; }
    }
    return @peers;
}

1;
