#!/usr/bin/perl
# Many processes on Linux: 1000 alive at once, 100 started at once, one after the other 300 times (10 000 with CAPOS_LONG=1); and
# what is said where the host's limits are lower than that. Numbers are told, not tested.
use strict;
use warnings;
use IO::Select;

my $build = $ENV{CAPOS_BUILD} // 'build/gcc';
my $cycles = $ENV{CAPOS_LONG} ? 10000 : 300;
my $count = 0;

sub ok { my ($good, $name, @said) = @_; print $good ? 'ok ' : 'not ok ', ++$count, " - $name\n"; print map { "# $_\n" } @said; }

# One order; what was said, and the exit status.
sub order {
    my ($order, $shell) = @_;
    $shell //= '';
    my $said = `$shell echo '$order' | timeout 150 $build/capos run $build/boot/many.boot 2>&1`;
    return ($? >> 8, split /\n/, $said);
}

# The processes below one, zygotes and services.
sub below {
    my ($parent) = @_;
    open my $file, '<', "/proc/$parent/task/$parent/children" or return ();
    return map { ($_, below($_)) } split ' ', <$file> // '';
}

sub pss {
    open my $file, '<', "/proc/$_[0]/smaps_rollup" or return undef;
    while (<$file>) { return $1 if /^Pss:\s+(\d+) kB/ }
    return undef;
}

my ($status, @said) = order("cycles $cycles");
ok($status == 0 && grep(/^all is as it was after cycles: $cycles$/, @said), "$cycles processes leave nothing behind", @said);

# Alive until its input ends.
pipe my $from, my $order or die "pipe: $!\n";
pipe my $answer, my $to or die "pipe: $!\n";
my $pid = fork // die "fork: $!\n";
if (!$pid) {
    close $order;
    open STDIN, '<&', $from;
    open STDOUT, '>&', $to;
    exec "$build/capos", 'run', "$build/boot/many.boot" or exit 127;
}
close $from;
close $to;
syswrite $order, "alive 1000\n";
my ($line, $select) = ('', IO::Select->new($answer));
while ($line !~ /a process: \d+\n/ && $select->can_read(120) && sysread $answer, $line, 4096, length $line) { }
my @services = below($pid);
my @pss = grep { defined } map { pss($_) } @services;
my $sum = 0;
$sum += $_ for @pss;
my @told = split /\n/, $line;
push @told, scalar(@services) . ' host processes, zygotes among them';
push @told, @pss ? sprintf('PSS of each, on average: %.1f kB', $sum / @pss) : 'PSS: this user may not read it';
push @told, 'PSS of the kernel process: ' . (pss($pid) // 'unknown') . ' kB';
ok($line =~ /^alive, and each has answered a call: 1000$/m && @services >= 1000, '1000 processes are alive, and each has answered a call', @told);
close $order;
waitpid $pid, 0;
ok($? == 0, 'all end with the first');

($status, @said) = order('burst 100');
ok($status == 0 && grep(/^started at once: 100$/, @said), '100 processes are started at once, and each calls', @said);

($status, @said) = order('alive 1000', 'ulimit -n 100;');
ok($status == 1 && grep(/does not fit: Too many open files; the limit is 100 \(ulimit -Hn\), and \d+ are enough for \d+ processes/, @said),
    'too low a limit of open files names the number that is needed', @said);
print "1..$count\n";
