/* The kernels for vectors of 2 numbers: every x86-64 has SSE2, every arm64 NEON. */
#include "answers.h"
#include "cache.h"
#include "elementary.h"
#include "kernels.h"

#if PURENET_VECTORS
#define W 2
#if defined(__x86_64__)
#include <emmintrin.h>
#define NAME "sse2"
#elif defined(__aarch64__)
#include <arm_neon.h>
#define NAME "neon"
#else
#define NAME "vector"
#endif
#define TABLE purenet_kernels_2
#include "width.h"
#endif
