/* Threads that share work and wait for each other, and a clock. */
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

/* A clock that is never set back. */
static inline uint64_t purenet_nanoseconds(void)
{
#if defined(_WIN32)
    LARGE_INTEGER now, second;
    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&second);
    return (uint64_t)((double)now.QuadPart * (1e9 / (double)second.QuadPart));
#else
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
#endif
}

/* Where a thread sleeps: on one of Python's locks, which is locked until another thread wakes it. */
typedef struct {
    purenet_count asleep;
    PyThread_type_lock lock;
} purenet_sleeper;

/* `size` threads that work together.  Where they need each other's results, each waits until all
 * have arrived.  At first a thread waits awake, because that takes microseconds.  Then it sleeps: if
 * another program has the processor of the one it waits for, that takes milliseconds, and whoever
 * has slept is soon served again.
 *
 * One of them may ask all to stop.  Whether they do is decided by the last one who arrives, for all:
 * if each looked for itself, one could see the request before a wait and stop, and the others would
 * wait for it there for ever. */
typedef struct {
    purenet_count size;
    purenet_count arrived;  /* threads that wait for the others */
    purenet_count turn;     /* waits that are over */
    purenet_count stop;     /* somebody asks all to stop */
    purenet_count stopping; /* what the last wait has decided */
    purenet_count start;    /* PURENET_NOT_YET, PURENET_STARTED or PURENET_CANCELLED */
    purenet_count ready;    /* threads that wait for the start */
    purenet_count ending;   /* threads that have worked, or were cancelled, and wait no more */
    purenet_count ended;    /* and that do not touch this structure any more */
    uint64_t asleep;        /* nanoseconds that the first thread has slept in waits */
    purenet_sleeper *sleepers; /* one a thread */
} purenet_threads;

enum { PURENET_NOT_YET, PURENET_STARTED, PURENET_CANCELLED };

#define PURENET_MOST_THREADS 256 /* more are not started, however many a caller allows */
#define PURENET_TRIES 20000 /* 6 to 7 microseconds on a processor with 3 GHz */

/* Sleep until another thread wakes this one, at most for so many microseconds (or for ever, below
 * 0); not at all if `counter` has another value by now.  Whoever changes it wakes the others then. */
static inline void purenet_sleep(purenet_threads *threads, size_t number,
                                 const purenet_count *counter, purenet_count value,
                                 long microseconds)
{
    purenet_sleeper *sleeper = threads->sleepers + number;
    (void)PURENET_EXCHANGE(&sleeper->asleep, 1); /* it was 0: nobody else sets it to 1 */
    if (PURENET_READ(counter) == value
        && PyThread_acquire_lock_timed(sleeper->lock, microseconds, 0) == PY_LOCK_ACQUIRED)
        return;
    if (PURENET_EXCHANGE(&sleeper->asleep, 0) == 0) /* another has seen it, and releases the lock */
        (void)PyThread_acquire_lock(sleeper->lock, WAIT_LOCK); /* which cannot fail: no time limit */
}

static inline void purenet_wake_all(purenet_threads *threads)
{
    purenet_count i;
    for (i = 0; i < threads->size && threads->sleepers != NULL; i++) {
        purenet_sleeper *sleeper = threads->sleepers + i;
        if (PURENET_READ(&sleeper->asleep) && PURENET_EXCHANGE(&sleeper->asleep, 0))
            PyThread_release_lock(sleeper->lock);
    }
}

static inline int purenet_wait_for_others(purenet_threads *threads, size_t number)
{
    purenet_count turn = PURENET_READ(&threads->turn), tries = 0;
    if (PURENET_ADD(&threads->arrived, 1) == threads->size) {
        threads->stopping = PURENET_READ(&threads->stop);
        PURENET_WRITE(&threads->arrived, 0);
        PURENET_WRITE(&threads->turn, turn + 1);
        purenet_wake_all(threads);
    } else
        while (PURENET_READ(&threads->turn) == turn)
            if (++tries > PURENET_TRIES) {
                uint64_t began = number == 0 ? purenet_nanoseconds() : 0;
                purenet_sleep(threads, number, &threads->turn, turn, -1);
                if (number == 0)
                    threads->asleep += purenet_nanoseconds() - began;
            }
    /* The next wait cannot end, and change it, before this thread has arrived there. */
    return threads->stopping != 0;
}

/* Wait until all threads have arrived here.  Returns whether all must stop now. */
static inline int purenet_wait(purenet_threads *threads, size_t number)
{
    return threads->size == 1 ? threads->stop != 0 : purenet_wait_for_others(threads, number);
}

/* Ask all to stop at the next wait, and to break off what can be broken off. */
static inline void purenet_stop(purenet_threads *threads) { PURENET_WRITE(&threads->stop, 1); }

/* Return whether somebody has asked to stop. */
static inline int purenet_stopped(purenet_threads *threads)
{
    return PURENET_READ(&threads->stop) != 0;
}

/* For the first thread: let the others start, or cancel them. */
static inline void purenet_start(purenet_threads *threads, int state)
{
    PURENET_WRITE(&threads->start, (purenet_count)state);
    purenet_wake_all(threads);
}

/* For the others: wait for the start.  Returns whether it came; otherwise they are cancelled. */
static inline int purenet_wait_for_start(purenet_threads *threads, size_t number)
{
    (void)PURENET_ADD(&threads->ready, 1);
    purenet_wake_all(threads);
    while (PURENET_READ(&threads->start) == PURENET_NOT_YET)
        purenet_sleep(threads, number, &threads->start, PURENET_NOT_YET, -1);
    return PURENET_READ(&threads->start) == PURENET_STARTED;
}

/* For the first thread: wait until so many others wait for the start. */
static inline void purenet_wait_until_ready(purenet_threads *threads, purenet_count count)
{
    purenet_count ready;
    while ((ready = PURENET_READ(&threads->ready)) != count)
        purenet_sleep(threads, 0, &threads->ready, ready, -1);
}

/* For the others, the last they do here: when all have ended, the first may free this. */
static inline void purenet_end(purenet_threads *threads)
{
    (void)PURENET_ADD(&threads->ending, 1);
    purenet_wake_all(threads);
    (void)PURENET_ADD(&threads->ended, 1);
}

/* For the first thread: wait some milliseconds for so many others to end.  Returns whether all
 * have. */
static inline int purenet_wait_for_end(purenet_threads *threads, purenet_count count)
{
    purenet_count ending, tries;
    for (tries = 0; tries < PURENET_TRIES; tries++)
        if (PURENET_READ(&threads->ended) == count)
            return 1;
    ending = PURENET_READ(&threads->ending);
    purenet_sleep(threads, 0, &threads->ending, ending, ending == count ? 100 : 10000);
    return PURENET_READ(&threads->ended) == count;
}

/* Get what so many threads need.  Returns whether there was memory for it. */
static inline int purenet_make_threads(purenet_threads *threads, size_t size)
{
    size_t i;
    if (size > PURENET_MOST_THREADS)
        return 0;
    threads->size = (purenet_count)size;
    if (size == 1) /* which never waits */
        return 1;
    threads->sleepers = (purenet_sleeper *)calloc(size, sizeof *threads->sleepers);
    if (threads->sleepers == NULL)
        return 0;
    for (i = 0; i < size; i++) {
        threads->sleepers[i].lock = PyThread_allocate_lock();
        if (threads->sleepers[i].lock == NULL)
            return 0;
        (void)PyThread_acquire_lock(threads->sleepers[i].lock, WAIT_LOCK); /* nobody has it yet */
    }
    return 1;
}

static inline void purenet_free_threads(purenet_threads *threads)
{
    size_t i;
    for (i = 0; threads->sleepers != NULL && i < threads->size; i++)
        if (threads->sleepers[i].lock != NULL) {
            PyThread_release_lock(threads->sleepers[i].lock);
            PyThread_free_lock(threads->sleepers[i].lock);
        }
    free(threads->sleepers);
}

#endif
