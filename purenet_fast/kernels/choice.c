/* The choice of the vector width. */
#include <string.h>

#include "kernels.h"

/* The vectors that a row of a layer takes: its outputs, or the weights of its one unit. */
static size_t vectors_of(const purenet_layer *layer, size_t width)
{
    return ((layer->outputs == 1 ? layer->inputs : layer->outputs) + width - 1) / width;
}

static int is_narrow(const purenet_kernels *kernels, const purenet_layer *layers, size_t count)
{
    for (; count > 0; count--, layers++)
        if (layers->inputs > kernels->narrow_width || layers->outputs > kernels->narrow_width)
            return 0;
    return 1;
}

const purenet_kernels *purenet_choose_narrow(const purenet_kernels *chosen, int forced,
                                             const purenet_layer *layers, size_t count)
{
#if PURENET_AVX
    if (!forced && chosen == &purenet_kernels_8 && __builtin_cpu_supports("avx2")
        && is_narrow(&purenet_kernels_4, layers, count)) {
        size_t l = 0;
        while (l < count && vectors_of(layers + l, 4) == vectors_of(layers + l, 8))
            l++;
        if (l == count)
            return &purenet_kernels_4;
    }
#else
    (void)forced;
#endif
    return is_narrow(chosen, layers, count) ? chosen : NULL;
}

int purenet_choose(const char *wanted, const purenet_kernels **chosen)
{
    static const char *const names[] = {"avx512", "avx2", "sse2", "neon", "vector", "portable"};
    const purenet_kernels *here[4];
    size_t count = 0, i;
#if PURENET_AVX
    if (__builtin_cpu_supports("popcnt")) { /* every such processor has it, not every virtual one */
        if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"))
            here[count++] = &purenet_kernels_8;
        if (__builtin_cpu_supports("avx2"))
            here[count++] = &purenet_kernels_4;
    }
#endif
#if PURENET_VECTORS
    here[count++] = &purenet_kernels_2;
#endif
    here[count++] = &purenet_kernels_1;
    if (wanted == NULL || wanted[0] == '\0') {
        *chosen = here[0];
        return PURENET_CHOSEN;
    }
    for (i = 0; i < count; i++)
        if (strcmp(wanted, here[i]->name) == 0) {
            *chosen = here[i];
            return PURENET_CHOSEN;
        }
    for (i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(wanted, names[i]) == 0)
            return PURENET_NOT_HERE;
    return PURENET_UNKNOWN_NAME;
}
