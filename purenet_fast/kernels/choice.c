/* The choice of the vector width. */
#include <string.h>

#include "kernels.h"

int purenet_choose(const char *wanted, const purenet_kernels **chosen)
{
    static const char *const names[] = {"avx512", "avx2", "sse2", "neon", "vector", "portable"};
    const purenet_kernels *here[4];
    size_t count = 0, i;
#if PURENET_AVX
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"))
        here[count++] = &purenet_kernels_8;
    if (__builtin_cpu_supports("avx2"))
        here[count++] = &purenet_kernels_4;
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
