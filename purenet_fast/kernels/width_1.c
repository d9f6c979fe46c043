/* The kernels in plain C, one number after the other, for every compiler and processor. */
#include "answers.h"
#include "cache.h"
#include "elementary.h"
#include "kernels.h"

#define W 1
#define NAME "portable"
#define TABLE purenet_kernels_1
#include "width.h"
