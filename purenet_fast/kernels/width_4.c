/* The kernels for vectors of 4 numbers: AVX2. */
#include "answers.h"
#include "cache.h"
#include "elementary.h"
#include "kernels.h"

#if PURENET_AVX
#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,popcnt"))), apply_to = function)
#else
#pragma GCC target("avx2,popcnt")
#endif
#define W 4
#define NAME "avx2"
#define TABLE purenet_kernels_4
#include "width.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
