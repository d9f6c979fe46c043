/* Threads that work together and meet, and a clock. */
#ifndef PURENET_THREADS_H
#define PURENET_THREADS_H

/* For Python's locks, which a thread may wait for without holding Python itself. */
#include <Python.h>
#include <pythread.h>

#include <stdint.h>
#include <stdlib.h>
#include <time.h>

/* Counters that threads share are long, the one size that every compiler below has atomic
 * operations for, on 32-bit systems too. */
typedef unsigned long purenet_count;

#if defined(_WIN32)
#if !defined(WIN32_LEAN_AND_MEAN)
#define WIN32_LEAN_AND_MEAN /* windows.h would define short words such as `small` */
#endif
#include <windows.h>
#endif
#if defined(_MSC_VER) && !defined(__clang__)
#define PURENET_ADD(where, n) ((purenet_count)InterlockedExchangeAdd((LONG *)(where), (n)) + (n))
#define PURENET_READ(where) ((purenet_count)InterlockedExchangeAdd((LONG *)(where), 0))
#define PURENET_WRITE(where, n) ((void)InterlockedExchange((LONG *)(where), (LONG)(n)))
#define PURENET_EXCHANGE(where, n) ((purenet_count)InterlockedExchange((LONG *)(where), (LONG)(n)))
#else
#define PURENET_ADD(where, n) __atomic_add_fetch((where), (n), __ATOMIC_SEQ_CST)
#define PURENET_READ(where) __atomic_load_n((where), __ATOMIC_SEQ_CST)
#define PURENET_WRITE(where, n) __atomic_store_n((where), (n), __ATOMIC_SEQ_CST)
#define PURENET_EXCHANGE(where, n) __atomic_exchange_n((where), (n), __ATOMIC_SEQ_CST)
#endif

/* Where a thread sleeps.  The bell is one of Python's locks, which is locked until somebody rings. */
typedef struct {
    purenet_count asleep;
    PyThread_type_lock bell;
} purenet_bed;

/* `size` threads that work together, and meet: each waits until all have come.  At first it waits
 * awake, because they meet every few microseconds.  Then it sleeps: if another program has the
 * processor of the one it waits for, that takes milliseconds, and whoever has slept is soon served
 * again.
 *
 * One of them may wish to stop.  That all leave is decided by the last one who comes to a meeting,
 * for all: if each looked for itself, one could see the wish before a meeting and leave, and the
 * others would wait for it there for ever. */
typedef struct {
    purenet_count size;
    purenet_count here;  /* threads that have come */
    purenet_count turn;  /* meetings that have been held */
    purenet_count stop;  /* somebody wishes to stop */
    purenet_count leave; /* the decision of the last meeting */
    purenet_count gate;  /* before the first meeting: PURENET_CLOSED, _OPEN or _CANCELLED */
    purenet_count waiting; /* threads that have come to the gate */
    purenet_count leaving; /* threads that have worked, or were refused, and will not meet again */
    purenet_count gone;    /* and that do not touch the team any more */
    purenet_bed *beds;     /* one a thread */
} purenet_team;

enum { PURENET_CLOSED, PURENET_OPEN, PURENET_CANCELLED };

#define PURENET_TRIES 20000 /* 6 to 7 microseconds on a processor with 3 GHz */

/* Sleep until somebody wakes this thread, at most for so many microseconds (or for ever, below 0);
 * not at all if `counter` has another value by now.  Whoever changes it wakes the others then. */
static inline void purenet_sleep(purenet_team *team, size_t number, const purenet_count *counter,
                          purenet_count value, long microseconds)
{
    purenet_bed *bed = team->beds + number;
    (void)PURENET_EXCHANGE(&bed->asleep, 1);
    if (PURENET_READ(counter) == value
        && PyThread_acquire_lock_timed(bed->bell, microseconds, 0) == PY_LOCK_ACQUIRED)
        return;
    if (PURENET_EXCHANGE(&bed->asleep, 0) == 0) /* somebody has seen it, and rings */
        (void)PyThread_acquire_lock(bed->bell, WAIT_LOCK);
}

static inline void purenet_wake(purenet_team *team)
{
    purenet_count i;
    for (i = 0; i < team->size; i++)
        if (PURENET_READ(&team->beds[i].asleep) && PURENET_EXCHANGE(&team->beds[i].asleep, 0))
            PyThread_release_lock(team->beds[i].bell);
}

static inline int purenet_meet_others(purenet_team *team, size_t number)
{
    purenet_count turn = PURENET_READ(&team->turn), tries = 0;
    if (PURENET_ADD(&team->here, 1) == team->size) {
        team->leave = PURENET_READ(&team->stop);
        PURENET_WRITE(&team->here, 0);
        PURENET_WRITE(&team->turn, turn + 1);
        purenet_wake(team);
    } else
        while (PURENET_READ(&team->turn) == turn)
            if (++tries > PURENET_TRIES)
                purenet_sleep(team, number, &team->turn, turn, -1);
    /* The next meeting cannot end, and change it, before this thread has come to it. */
    return team->leave != 0;
}

/* Meet the others; tells if all must leave now. */
static inline int purenet_meet(purenet_team *team, size_t number)
{
    return team->size == 1 ? team->stop != 0 : purenet_meet_others(team, number);
}

/* Wish that all leave at the next meeting, and that work which can be broken off is. */
static inline void purenet_stop(purenet_team *team) { PURENET_WRITE(&team->stop, 1); }

static inline int purenet_stopped(purenet_team *team) { return PURENET_READ(&team->stop) != 0; }

static inline void purenet_set_gate(purenet_team *team, int state)
{
    PURENET_WRITE(&team->gate, (purenet_count)state);
    purenet_wake(team);
}

/* Wait until the gate is opened or the work is cancelled; tells if it was opened. */
static inline int purenet_pass_gate(purenet_team *team, size_t number)
{
    PURENET_ADD(&team->waiting, 1);
    purenet_wake(team);
    while (PURENET_READ(&team->gate) == PURENET_CLOSED)
        purenet_sleep(team, number, &team->gate, PURENET_CLOSED, -1);
    return PURENET_READ(&team->gate) == PURENET_OPEN;
}

/* Wait until so many threads have come to the gate.  For the first thread. */
static inline void purenet_await_at_gate(purenet_team *team, purenet_count waiting)
{
    purenet_count now;
    while ((now = PURENET_READ(&team->waiting)) != waiting)
        purenet_sleep(team, 0, &team->waiting, now, -1);
}

/* The last that a thread does with the team: when all are gone, the first may free it. */
static inline void purenet_leave(purenet_team *team)
{
    PURENET_ADD(&team->leaving, 1);
    purenet_wake(team);
    PURENET_ADD(&team->gone, 1);
}

/* Wait some milliseconds for so many threads to leave; tells if all have.  For the first thread. */
static inline int purenet_await(purenet_team *team, purenet_count gone)
{
    purenet_count leaving, tries;
    for (tries = 0; tries < PURENET_TRIES; tries++)
        if (PURENET_READ(&team->gone) == gone)
            return 1;
    leaving = PURENET_READ(&team->leaving);
    purenet_sleep(team, 0, &team->leaving, leaving, leaving == gone ? 100 : 10000);
    return PURENET_READ(&team->gone) == gone;
}

/* Get beds for so many threads; tells if there was memory for them. */
static inline int purenet_make_beds(purenet_team *team, size_t size)
{
    size_t i;
    team->size = (purenet_count)size;
    team->beds = calloc(size, sizeof *team->beds);
    if (team->beds == NULL)
        return 0;
    for (i = 0; i < size; i++) {
        team->beds[i].bell = PyThread_allocate_lock();
        if (team->beds[i].bell == NULL)
            return 0;
        (void)PyThread_acquire_lock(team->beds[i].bell, WAIT_LOCK);
    }
    return 1;
}

static inline void purenet_free_beds(purenet_team *team)
{
    size_t i;
    for (i = 0; team->beds != NULL && i < team->size; i++)
        if (team->beds[i].bell != NULL) {
            PyThread_release_lock(team->beds[i].bell);
            PyThread_free_lock(team->beds[i].bell);
        }
    free(team->beds);
}

/* A clock in milliseconds that is never set back. */
static inline uint64_t purenet_clock(void)
{
#if defined(_WIN32)
    return GetTickCount64();
#else
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
#endif
}

#endif
