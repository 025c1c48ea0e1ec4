#!/bin/sh
# Programs are killed while the kernel polls. Holds docs/security.md, clause 32.
CAPOS_POLLING=auto exec "$CAPOS_BUILD/suites/kill"
