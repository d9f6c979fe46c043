/* The kernels for vectors of 8 numbers: AVX-512. */
#include "answers.h"
#include "cache.h"
#include "elementary.h"
#include "kernels.h"

#if PURENET_AVX
#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,popcnt"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512dq,popcnt,prefer-vector-width=512")
#endif
#define W 8
#define NAME "avx512"
#define TABLE purenet_kernels_8
#include "width.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
