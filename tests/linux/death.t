#!/usr/bin/perl
# The end of the capos process, however it comes, is the end of its services and zygotes within a
# second; and it leaves no file behind. Holds docs/security.md, clause 11.
use strict;
use warnings;
use POSIX ':sys_wait_h';
use Time::HiRes qw(sleep time);
use File::Temp 'tempdir';

my $work = tempdir(CLEANUP => 1);
my $capos = "$ENV{CAPOS_BUILD}/capos";
-x $capos or die "$capos is not built\n";
my $boot;
my $count = 0;
for my $how ('run', 'spin') {
    system('sh', 'tests/linux/package.sh', $how, "$work/$how.boot") == 0 or die "package.sh failed\n";
}
$boot = "$work/run.boot";

sub result {
    my ($good, $name) = @_;
    $count++;
    print(($good ? 'ok' : 'not ok'), " $count - $name\n");
}

# Processes whose parent is this one, zygotes and services of a capos process.
sub children {
    my ($parent) = @_;
    open my $file, '<', "/proc/$parent/task/$parent/children" or return ();
    return split ' ', <$file> // '';
}

sub alive { my ($pid) = @_; open my $f, '<', "/proc/$pid/stat" or return 0; return (<$f> !~ /\) [ZX] /); }

sub temporary_files { return join ' ', sort(glob('/tmp/capos* /dev/shm/* /var/tmp/capos*')); }

# Starts a system whose standard output is the writing end of a pipe; returns pid and reading end.
sub start {
    pipe my $read, my $write or die;
    my $pid = fork // die;
    if ($pid == 0) {
        open STDOUT, '>&', $write or die;
        open STDERR, '>', "$work/log" or die;
        open STDIN, '<', '/dev/null' or die;
        close $read; close $write;
        setpgrp;
        exec $capos, 'run', $boot or die;
    }
    close $write;
    my $limit = time + 10;
    sleep 0.01 while (children($pid) < 2 && time < $limit);
    sleep 0.05;
    return ($pid, $read);
}

# What ends it; which exit status is expected (undef: killed).
sub try_end {
    my ($name, $end, $expected, $log) = @_;
    my ($pid, $read) = start();
    my @children = children($pid);
    my $before = temporary_files();
    $end->($pid, $read);
    my ($done, $limit) = (0, time + 5);
    sleep 0.01 until ($done = waitpid($pid, WNOHANG)) || time > $limit;
    my $status = $?;
    kill 'KILL', $pid unless $done;
    my $ended = time;
    sleep 0.01 while (grep { alive($_) } @children) && time < $ended + 1;
    my @left = grep { alive($_) } @children;
    my $code = $status >> 8;
    my $right = defined $expected ? (($status & 127) == 0 && $code == $expected) : ($status & 127) == 9;
    open my $file, '<', "$work/log"; local $/; my $said = <$file> // '';
    my $good = $done && @children >= 2 && !@left && $right && $said =~ $log && $before eq temporary_files();
    print "# done $done, status $status, children @children, left @left, log: $said\n" unless $good;
    result($good, $name);
}

try_end('SIGKILL', sub { kill 'KILL', $_[0] }, undef, qr/^$/);
try_end('SIGTERM', sub { kill 'TERM', $_[0] }, 143, qr/^$/);
try_end('SIGINT', sub { kill 'INT', $_[0] }, 130, qr/^$/);
try_end('SIGHUP', sub { kill 'HUP', $_[0] }, 129, qr/^$/);
try_end('Ctrl-C for the whole process group', sub { kill 'INT', -$_[0] }, 130, qr/^$/);
try_end('standard output closed', sub { close $_[1] }, 125, qr/^capos: cannot write console output: Broken pipe$/m);
try_end('its first program killed', sub { kill 'KILL', (children($_[0]))[-1] }, 137, qr/killed from outside by SIGKILL/);
# A service that never enters the kernel cannot learn of its end from the doorbell.
$boot = "$work/spin.boot";
try_end('SIGKILL, with a service that spins', sub { kill 'KILL', $_[0] }, undef, qr/^$/);
try_end('SIGTERM, with a service that spins', sub { kill 'TERM', $_[0] }, 143, qr/^$/);
print "1..$count\n";
