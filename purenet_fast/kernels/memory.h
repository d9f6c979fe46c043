/* Memory: large pieces, and stores that are given back all at once. */
#ifndef PURENET_MEMORY_H
#define PURENET_MEMORY_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#if defined(__linux__)
#include <sys/mman.h>
#endif

/* As malloc.  Linux hands memory out in pages of 4 kB when they are first touched, and takes a
 * microsecond or more for each; so where there is much, it is asked for pages of 2 MB. */
static inline void *purenet_memory(size_t bytes)
{
    void *memory = malloc(bytes);
#if defined(MADV_HUGEPAGE)
    const uintptr_t page = (uintptr_t)2 << 20;
    if (memory != NULL && bytes >= 2 * page) {
        uintptr_t begin = ((uintptr_t)memory + page - 1) & ~(page - 1);
        uintptr_t end = ((uintptr_t)memory + bytes) & ~(page - 1);
        if (begin < end)
            (void)madvise((void *)begin, end - begin, MADV_HUGEPAGE); /* a wish */
    }
#endif
    return memory;
}

/* Memory that is handed out piece by piece, and given back all at once. */
typedef struct purenet_store {
    struct purenet_store *before; /* what was full */
    size_t used, size;            /* bytes */
} purenet_store;

/* Take so many bytes; where a store has no more, it gets `more` bytes, or as many as needed. */
static inline void *purenet_take(purenet_store **store, size_t bytes, size_t more)
{
    purenet_store *now = *store;
    void *taken;
    bytes = (bytes + 15) & ~(size_t)15;
    if (now == NULL || now->size - now->used < bytes) {
        const size_t head = (sizeof *now + 15) & ~(size_t)15;
        size_t size = head + (more > bytes ? more : bytes);
        now = purenet_memory(size);
        if (now == NULL)
            return NULL;
        now->before = *store;
        now->used = head;
        now->size = size;
        *store = now;
    }
    taken = (char *)now + now->used;
    now->used += bytes;
    return taken;
}

/* Take so many bytes, all zero, from the beginning of a cache line on. */
static inline void *purenet_take_zeros(purenet_store **store, size_t bytes)
{
    const size_t least = 4096 - sizeof(purenet_store);
    purenet_store *now = *store;
    void *taken;
    bytes = (bytes + 63) & ~(size_t)63;
    if (now == NULL || now->size - now->used < bytes) {
        const size_t size = sizeof *now + 64 + (bytes > least ? bytes : least);
        now = (purenet_store *)calloc(1, size);
        if (now == NULL)
            return NULL;
        now->before = *store;
        now->used = (size_t)((((uintptr_t)(now + 1) + 63) & ~(uintptr_t)63) - (uintptr_t)now);
        now->size = size;
        *store = now;
    }
    taken = (char *)now + now->used;
    now->used += bytes;
    return taken;
}

static inline void purenet_give_back(purenet_store *store)
{
    while (store != NULL) {
        purenet_store *before = store->before;
        free(store);
        store = before;
    }
}

#endif
