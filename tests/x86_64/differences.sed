# What may differ between the transcripts of one system on Linux and on bare metal, and why. Applied to both.

# Each machine has its own source of randomness, and the kernel says which.
/^capos: \(random numbers from \|no random numbers: \)/d

# A machine has no exit status: it says its code before it turns itself off.
/^capos: exit code [0-9]*$/d

# The names are those of Linux; the number is what the program used.
s/^\(capos: service ".*": forbidden system call [0-9]*\) ([a-z0-9_]*)/\1/
