/* All kernels for vectors of W numbers, and their table, called TABLE; included by width_1.c and its
 * like, each a translation unit of its own, so that no name needs the width in it. */
#include "vectors.h"

#include "elementwise.h"
#include "convolution.h"
#include "narrow.h"
#include "narrow_run.h"
#include "optimizers.h"
#include "peak.h"
#include "pooling.h"
#include "product.h"
#include "blocks.h"
#include "random.h"
#include "sparse.h"
#include "few.h"
#include "views.h"

const purenet_kernels TABLE = {
    NAME,
    TILE_COLUMNS,
    CHUNK * W,
    NARROW * W,
    narrow_lay_out,
    narrow_train,
    product_scratch,
    product,
    activate,
    times_slope,
    output_delta,
    softmax,
    exponential,
    step,
    all_finite,
    list_non_zeros,
    sparse_forward,
    sparse_step,
    sparse_optimize,
    few_optimize,
    optimize,
    penalty_slopes,
    clip,
    times,
    W,
    convolve,
    weight_sums,
    filter_sums,
    spread_deltas,
    pool_largest,
    unpool_largest,
    unpool_apart,
    pool_average,
    unpool_average,
    to_pixels,
    from_pixels,
    twist,
    SIDE_BY_SIDE,
    seed_generators,
    take_generator,
    draw_mask,
    multiply,
    multiply_and_add,
    read_numbers,
    write_numbers,
};
