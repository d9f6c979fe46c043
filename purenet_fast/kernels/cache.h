/* Hints about memory for the processor and the compiler. */
#ifndef PURENET_CACHE_H
#define PURENET_CACHE_H

/* FETCH asks for a cache line that will be needed; FETCH_EARLY for one that will be needed so late,
 * or among so many, that it had better wait in the second-level cache.  ONE_ADDRESS keeps gcc from computing the address
 * of every vector of a row anew. */
#if defined(__GNUC__)
#define PURENET_FETCH(where) __builtin_prefetch(where)
#define PURENET_FETCH_EARLY(where) __builtin_prefetch(where, 0, 2)
#define PURENET_ONE_ADDRESS(pointer) __asm__("" : "+r"(pointer))
#else
#define PURENET_FETCH(where) ((void)0)
#define PURENET_FETCH_EARLY(where) ((void)0)
#define PURENET_ONE_ADDRESS(pointer) ((void)0)
#endif

#define PURENET_AHEAD 64 /* entries from the one that is used to the one that is asked for */

#endif
