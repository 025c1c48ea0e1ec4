/*
 * Promises: a client, a server with one endpoint, and the kernel between them: docs/abi.md, "Promises". The kernel does one
 * thing at a time, so each event is atomic. The model goes through every order of events of every program of CALLS calls:
 * each aimed at the endpoint, at a promise, or at what an answer brought; its answer kept or not, finished, cancelled;
 * returned with a capability, with none, or with an exception; server or client gone at any moment.
 *
 * Held: each call has one completion, and is delivered at most once, never after its completion; what is aimed at one
 * capability is delivered in the order of submission, whether it waited for the answer or was sent behind its completion;
 * a call fails only for a cause; who waits for completions gets them; and in the end nothing is left.
 * tests/models/models.t has the broken variants, each of which must fail.
 *
 * What stands for what, in kernel/core: submit() is kernel_promise_call(), complete() kernel_answer_report(), settle() and
 * finish() have their names, drop_wait() is free_wait(), work() kernel_answers_go_on(), all in answer.c; abandon() is
 * kernel_call_abandon() of call.c; queue!! is kernel_queue_append(); deliver() is delivery.c, give_back() return.c; leave() and
 * end_server() the ends of process.c. The client is a program over capos-rt: it names no answer that it has finished. Left out are
 * promises among what messages carry.
 */
#define CALLS 3
#define NONE CALLS

mtype = {DEPENDS, QUEUED, DELIVERED, ABANDONED, AWAITED, ARRIVED, EMPTY, FAILED}

typedef a_call {
    mtype state; /* DEPENDS to ABANDONED; 0: over */
    byte target; /* the answer at whose capability it is aimed, or NONE */
    bool promises;
    bool finished, cancelled; /* by the client */
    bool completed, good;     /* what the client knows */
    bool caused;              /* it fails, or may fail, for a cause that those who wait for it share */
}

typedef an_answer {
    mtype state; /* AWAITED to FAILED; EMPTY: without a capability; 0: none */
    bool owes;
    byte waits;
}

a_call calls[CALLS];
an_answer answers[CALLS]; /* by the numbers of their calls */
chan queue = [CALLS] of {byte}; /* in the order of submission */
byte submitted;
bool server_gone, client_gone;
hidden byte each, target_of, waited;
hidden mtype how;

#define IS_OVER(c) (c >= submitted || calls[c].completed)
#define IS_OWED(c) (calls[c].state == DELIVERED || calls[c].state == ABANDONED)

inline publish(c, is_good)
{
    if
    :: client_gone
    :: else ->
        assert(!calls[c].completed);
        assert(is_good || calls[c].caused || calls[c].finished);
        calls[c].completed = true
    fi
}

/* Once nothing waits for an answer that is there, its completion is posted; a finished one is gone. */
inline settle(a)
{
    if
    :: answers[a].state == 0 || answers[a].state == AWAITED || answers[a].waits > 0
    :: else ->
        if
        :: answers[a].owes -> answers[a].owes = false; publish(a, answers[a].state != FAILED)
        :: else
        fi;
        if
        :: calls[a].finished || client_gone -> answers[a].state = 0
        :: else
        fi
    fi
}

/* It waits for nothing any more. */
inline drop_wait(c)
{
#ifdef BROKEN_COUNT /* who gives up waiting is still waited for */
    if
    :: calls[c].cancelled
    :: else -> answers[calls[c].target].waits--
    fi;
#else
    answers[calls[c].target].waits--;
#endif
    settle(calls[c].target)
}

inline complete(c, outcome)
{
    waited = (calls[c].state == DEPENDS);
    calls[c].state = 0;
    calls[c].good = (outcome == ARRIVED && !client_gone);
    if
    :: calls[c].promises && answers[c].state == AWAITED ->
        answers[c].state = outcome;
        answers[c].owes = true;
#ifdef BROKEN_ORDER /* the completion does not wait for those who wait for the answer, and they go on when there is time */
        answers[c].owes = false;
        publish(c, outcome != FAILED);
#endif
        settle(c)
    :: else -> publish(c, outcome != FAILED)
    fi;
    if
    :: waited -> drop_wait(c)
    :: else
    fi;
    waited = 0
}

inline fail(c)
{
    calls[c].caused = true;
    complete(c, FAILED)
}

/* Lets all go on whose answer is there, in the order of submission. */
inline work()
{
    each = 0;
    do
    :: each == CALLS -> break
    :: else ->
        target_of = calls[each].target;
        if
        :: calls[each].state != DEPENDS || answers[target_of].state == AWAITED -> each++
        :: else ->
            if
            :: answers[target_of].state == FAILED ->
                calls[each].caused = calls[each].caused || calls[target_of].caused;
                complete(each, FAILED)
            :: answers[target_of].state == EMPTY || server_gone -> fail(each)
            :: else ->
                calls[each].state = QUEUED;
                queue!!each;
                drop_wait(each)
            fi;
            each = 0 /* for that was an answer, too */
        fi
    od;
    each = 0;
    target_of = 0
}

inline work_now()
{
#ifndef BROKEN_ORDER
    work()
#else
    skip
#endif
}

#ifdef BROKEN_ORDER
active proctype later()
{
end:
    do
    :: d_step {
        (calls[0].state == DEPENDS && answers[calls[0].target].state != AWAITED ||
         calls[1].state == DEPENDS && answers[calls[1].target].state != AWAITED ||
         calls[2].state == DEPENDS && answers[calls[2].target].state != AWAITED) -> work() }
    od
}
#endif

/* The caller gives up; what was delivered is kept until it is returned. */
inline abandon(c)
{
    if
    :: calls[c].state == DELIVERED -> complete(c, FAILED); calls[c].state = ABANDONED
    :: calls[c].state == QUEUED -> queue??eval(c); complete(c, FAILED)
#ifdef BROKEN_DROP /* it stays in the list of those who wait */
    :: calls[c].state == DEPENDS -> complete(c, FAILED); calls[c].state = DEPENDS; answers[calls[c].target].waits++
#else
    :: calls[c].state == DEPENDS -> complete(c, FAILED)
#endif
    :: else
    fi
}

/* --- The client ---------------------------------------------------------------------------- */

inline submit(to, promised)
{
    calls[submitted].target = to;
    calls[submitted].promises = promised;
    answers[submitted].state = (promised -> AWAITED : 0);
    submitted++;
    if
    :: to != NONE && !calls[to].completed -> calls[submitted - 1].state = DEPENDS; answers[to].waits++
    :: else ->
        if
        :: server_gone -> fail(submitted - 1)
        :: else -> calls[submitted - 1].state = QUEUED; queue!!(submitted - 1)
        fi
    fi;
    work_now()
}

inline finish(c)
{
    calls[c].finished = true;
    if
#ifdef BROKEN_FINISH /* it cancels what others wait for */
    :: answers[c].state == AWAITED -> abandon(c)
#else
    :: answers[c].state == AWAITED && answers[c].waits == 0 -> abandon(c)
#endif
    :: else -> settle(c)
    fi;
    work_now()
}

inline cancel(c)
{
    calls[c].cancelled = true;
    calls[c].caused = true;
    abandon(c);
    work_now()
}

/* All that it called and kept is let go. */
inline leave()
{
    client_gone = true;
    how = 0;
    do
    :: how == CALLS -> break
    :: else ->
        if
        :: calls[how].state == DEPENDS || calls[how].state == QUEUED || calls[how].state == DELIVERED -> abandon(how)
        :: else
        fi;
        settle(how);
        how++
    od;
    how = 0
}

#define MAY_NAME(n) (n < submitted && ((calls[n].promises && !calls[n].finished && !calls[n].completed) || (calls[n].completed && calls[n].good)))

active proctype client()
{
    byte n;
    bool promised;
    do
    :: submitted < CALLS ->
        atomic {
            select(n : 0 .. CALLS);
            if :: promised = true :: promised = false fi;
            d_step {
                if
                :: n == NONE || MAY_NAME(n) -> submit(n, promised)
                :: else
                fi;
                n = 0;
                promised = false
            }
        }
    :: submitted > 0 ->
        atomic {
            select(n : 0 .. CALLS - 1);
            d_step {
                if
                :: n < submitted && calls[n].promises && !calls[n].finished -> finish(n)
                :: else
                fi;
                n = 0
            }
        }
    :: submitted > 0 ->
        atomic {
            select(n : 0 .. CALLS - 1);
            d_step {
                if
                :: n < submitted && !calls[n].completed && !calls[n].cancelled -> cancel(n)
                :: else
                fi;
                n = 0
            }
        }
    :: break
    :: submitted == CALLS -> (IS_OVER(0) && IS_OVER(1) && IS_OVER(2)) -> break
    od;
    skip; /* no jump may lead into a d_step */
    d_step { leave() }
}

/* --- The server ------------------------------------------------------------------------------ */

inline deliver()
{
    queue?target_of;
    assert(calls[target_of].state == QUEUED && !calls[target_of].completed);
    each = 0;
    do
    :: each == target_of -> break
    :: else ->
        assert(calls[each].target != calls[target_of].target || (calls[each].state != DEPENDS && calls[each].state != QUEUED));
        each++
    od;
    calls[target_of].state = DELIVERED;
    each = 0;
    target_of = 0
}

inline give_back(c, outcome)
{
    if
    :: calls[c].state == ABANDONED -> calls[c].state = 0
    :: else ->
        calls[c].caused = calls[c].caused || outcome == FAILED;
        complete(c, outcome)
    fi;
    work_now()
}

inline end_server()
{
    server_gone = true;
    how = 0;
    do
    :: how == CALLS -> break
    :: else ->
        if
        :: calls[how].state == QUEUED -> queue??eval(how); fail(how)
        :: calls[how].state == DELIVERED -> fail(how)
        :: calls[how].state == ABANDONED -> calls[how].state = 0
        :: else
        fi;
        how++
    od;
    how = 0;
    work_now()
}

active proctype server()
{
    byte n;
    mtype outcome;
end:
    do
    :: d_step { !server_gone && nempty(queue) -> deliver() }
    :: IS_OWED(0) || IS_OWED(1) || IS_OWED(2) ->
        atomic {
            select(n : 0 .. CALLS - 1);
            if :: outcome = ARRIVED :: outcome = EMPTY :: outcome = FAILED fi;
            d_step {
                if
                :: IS_OWED(n) -> give_back(n, outcome)
                :: else
                fi;
                n = 0;
                outcome = 0
            }
        }
    :: d_step { !server_gone -> end_server() }
    :: d_step {
        client_gone && !IS_OWED(0) && !IS_OWED(1) && !IS_OWED(2) ->
        assert(empty(queue));
        assert(calls[0].state == 0 && calls[1].state == 0 && calls[2].state == 0);
        assert(answers[0].state == 0 && answers[1].state == 0 && answers[2].state == 0) } ->
        break
    od
}
