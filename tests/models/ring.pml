/*
 * A program and the kernel at a ring: docs/abi.md, "The ring page". The kernel takes submissions and posts completions at any
 * time, not only in cap_enter, one write to the page at a time; so what holds here holds for a kernel that polls, too.
 *
 * Held: each submission is taken once, in order; each has one completion, which the program reads once, in the order in which the
 * kernel had them; what the kernel keeps stays within the credits; and who waits with something on its way gets something.
 * Memory is taken as sequentially consistent, which acquire and release make of the indices; tests/models/models.t has the
 * broken variants, each of which must fail.
 *
 * What stands for what: program() is capos-rt/ring.c; take(), post() and move() are kernel_ring_take(), kernel_ring_post() and
 * kernel_ring_post_deferred() of kernel/core/ring.c; the entry in kernel() is kernel_enter() of kernel/core/dispatch.c; what is
 * pending are calls and receives, which complete in any order.
 */
#define SQ 2          /* entries; in the page 16 */
#define CQ 2          /* 32 */
#define CREDITS 3     /* 128: more than CQ, so that completions have to wait */
#define WRAP 4        /* where indices begin again; 2^32 */
#define SUBMISSIONS 7 /* enough for every index to wrap */

#define DISTANCE(from, to) ((to - from + WRAP) % WRAP)

typedef cqe {
    byte owner;
    byte serial; /* which of the kernel's completions it is; for the checks alone */
}

/* The page. */
byte sq[SQ] = SUBMISSIONS;
cqe cq[CQ];
byte sq_tail = WRAP - 1, cq_head = WRAP - 1; /* written by the program */
byte sq_head = WRAP - 1, cq_tail = WRAP - 1; /* by the kernel */

/* cap_enter. */
chan enter = [0] of {byte};
chan woken = [0] of {byte};

/* What the kernel keeps. */
bool pending[SUBMISSIONS];
byte pending_count, deferred_count, deferred_first, wait_min;
cqe deferred[CREDITS];
bool waiting;
byte k_sq_head = WRAP - 1, k_cq_tail = WRAP - 1;
byte taken, completed; /* so many, ever */

#define UNREAD DISTANCE(cq_head, k_cq_tail)
#ifdef BROKEN_CREDITS /* what waits for room is not counted */
#define OWED pending_count
#else
#define OWED (pending_count + deferred_count)
#endif
#ifdef BROKEN_OVERTAKING /* a completion takes what room there is, though others have waited longer */
#define MUST_WAIT (UNREAD >= CQ)
#else
#define MUST_WAIT (deferred_count > 0 || UNREAD >= CQ)
#endif

inline publish(what, which)
{
    cq[k_cq_tail % CQ].owner = what;
    cq[k_cq_tail % CQ].serial = which;
    k_cq_tail = (k_cq_tail + 1) % WRAP;
    cq_tail = k_cq_tail;
}

inline post(what)
{
    if
    :: d_step {
        MUST_WAIT ->
        assert(deferred_count < CREDITS);
        deferred[(deferred_first + deferred_count) % CREDITS].owner = what;
        deferred[(deferred_first + deferred_count) % CREDITS].serial = completed;
        deferred_count++
    }
    :: else -> publish(what, completed)
    fi;
    completed++
}

inline move()
{
    do
    :: deferred_count > 0 && UNREAD < CQ ->
        d_step {
            cq[k_cq_tail % CQ].owner = deferred[deferred_first].owner;
            cq[k_cq_tail % CQ].serial = deferred[deferred_first].serial
        }
        k_cq_tail = (k_cq_tail + 1) % WRAP;
        cq_tail = k_cq_tail;
        d_step {
            deferred_first = (deferred_first + 1) % CREDITS;
            deferred_count--
        }
    :: else -> break
    od
}

/* A submission, if there is one and a credit for it; completes at once, or later. */
inline take(ret_took)
{
    ret_took = false;
    if
    :: sq_tail != k_sq_head && UNREAD + OWED < CREDITS ->
        number = sq[k_sq_head % SQ];
        assert(number == taken);
        taken++;
        k_sq_head = (k_sq_head + 1) % WRAP;
        sq_head = k_sq_head;
        if
        :: post(number)
        :: d_step { pending[number] = true; pending_count++ }
        fi;
        number = 0;
        ret_took = true
    :: else
    fi
}

active proctype kernel()
{
    byte number, min, wanted;
    bool took;
end:
    do
    /* kernel_enter(): the program stands still until it is answered. */
    :: enter?min ->
        move();
        do
        :: take(took); if :: !took -> break :: else fi
        od;
#ifdef BROKEN_WAIT /* it waits for what cannot come */
        wanted = min;
#else
        wanted = (min < UNREAD + OWED -> min : UNREAD + OWED);
#endif
        if
        :: UNREAD >= wanted -> woken!UNREAD
        :: else -> wait_min = wanted; waiting = true
        fi;
        d_step { min = 0; wanted = 0; took = false }
    /* A kernel that polls takes and moves while the program runs. */
    :: !waiting && sq_tail != k_sq_head -> take(took)
    :: !waiting && deferred_count > 0 -> move()
    /* Something happens elsewhere, and one of the pending is over. */
    :: pending_count > 0 ->
        atomic {
            select(number : 0 .. SUBMISSIONS - 1);
            if
            :: pending[number] -> pending[number] = false; pending_count--
            :: else -> number = SUBMISSIONS
            fi
        }
        if
        :: number < SUBMISSIONS -> post(number)
        :: else
        fi;
        number = 0
    :: waiting && UNREAD >= wait_min -> waiting = false; wait_min = 0; woken!UNREAD
    od
}

active proctype program()
{
    byte submitted, read, min, visible;
    bool seen[SUBMISSIONS];
    do
    :: submitted < SUBMISSIONS && DISTANCE(sq_head, sq_tail) < SQ ->
#ifdef BROKEN_PUBLISHING /* the index before the entry */
        sq_tail = (sq_tail + 1) % WRAP;
        sq[DISTANCE(1, sq_tail) % SQ] = submitted;
#else
        sq[sq_tail % SQ] = submitted;
        sq_tail = (sq_tail + 1) % WRAP;
#endif
        submitted++
    :: cq_head != cq_tail ->
        atomic {
            assert(cq[cq_head % CQ].serial == read);
            assert(!seen[cq[cq_head % CQ].owner]);
            seen[cq[cq_head % CQ].owner] = true
        }
        cq_head = (cq_head + 1) % WRAP;
        read++
    :: submitted > read ->
        atomic { select(min : 1 .. CQ); enter!min }
        atomic { woken?visible; assert(visible > 0); min = 0; visible = 0 }
    :: read == SUBMISSIONS -> break
    od;
    /* With nothing on its way nothing is waited for. */
    enter!CQ;
    woken?visible;
    assert(visible == 0 && taken == SUBMISSIONS && completed == SUBMISSIONS);
    assert(pending_count == 0 && deferred_count == 0)
}
