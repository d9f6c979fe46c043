from libc.stdint cimport uint8_t, uint32_t, uint64_t

cdef extern from "kernels/kernels.h" nogil:
    enum:
        PURENET_SLACK, PURENET_STRIP, PURENET_FEW
        PURENET_LINEAR, PURENET_SIGMOID, PURENET_TANH, PURENET_RELU, PURENET_LEAKY_RELU
        PURENET_SUM, PURENET_BIAS, PURENET_STEP
        PURENET_DESCENT, PURENET_MOMENTUM, PURENET_NESTEROV, PURENET_ADAGRAD, PURENET_RMSPROP
        PURENET_ADAM
        PURENET_CHOSEN, PURENET_UNKNOWN_NAME, PURENET_NOT_HERE

    ctypedef struct purenet_product:
        size_t rows, columns, terms
        const double *a
        size_t a_row, a_term
        const double *b
        size_t b_term, b_column
        double *c
        size_t c_row
        int finish
        const double *bias
        double rate
        double *scratch

    ctypedef struct purenet_sparse:
        size_t strips
        const size_t *start
        size_t row_step, strip_step
        const uint8_t *column
        const double *value

    ctypedef struct purenet_columns:
        size_t groups, columns, entries
        const double *value

    ctypedef struct purenet_block:
        uint64_t start, bits

    ctypedef struct purenet_marked:
        size_t step
        const purenet_block *blocks
        const double *value

    ctypedef struct purenet_windows:
        size_t places, terms
        const size_t *place
        const size_t *offset
        size_t depth

    ctypedef struct Layer "purenet_layer":
        size_t inputs, outputs
        int activation
        double *weights
        size_t stride
        double *biases
        double *z
        double *a
        double *delta
        double *gradient
        double *gradient_of_biases
        double *pending

    ctypedef struct purenet_rule:
        int kind
        double rate
        double keep
        double keep_squares
        double epsilon
        double shrink

    ctypedef struct purenet_run:
        const Layer *layers
        size_t count
        int loss
        size_t samples
        const double *inputs
        const double *targets
        const double *weights
        const size_t *order
        size_t batch_size
        bint classes
        size_t epochs
        const double *rates
        double *totals
        size_t *corrects
        size_t epoch
        size_t start
        Layer *narrow

    ctypedef struct purenet_kernels:
        const char *name
        size_t product_columns, step_outputs, narrow_width
        size_t (*narrow_lay_out)(purenet_run *run, double *memory) noexcept nogil
        bint (*narrow_train)(purenet_run *run, size_t batches) noexcept nogil
        size_t (*product_scratch)(const purenet_product *p) noexcept nogil
        void (*product)(const purenet_product *p) noexcept nogil
        void (*activate)(int activation, size_t n, double *z) noexcept nogil
        void (*times_slope)(int activation, size_t n, const double *a, double *delta) noexcept nogil
        void (*output_delta)(double factor, double count, size_t n, const double *a,
                             const double *y, double *delta) noexcept nogil
        void (*softmax)(size_t rows, size_t columns, double *z) noexcept nogil
        void (*exponential)(size_t n, double *x) noexcept nogil
        void (*step)(double rate, size_t n, const double *g, double *w) noexcept nogil
        bint (*all_finite)(size_t n, const double *x) noexcept nogil
        size_t (*list_non_zeros)(size_t n, const double *x, uint8_t *column,
                                 double *value) noexcept nogil
        void (*sparse_forward)(const purenet_sparse *x, size_t samples, const size_t *sample,
                               size_t outputs, const double *w, size_t w_row, const double *bias,
                               double *z, size_t z_row) noexcept nogil
        bint (*sparse_step)(const purenet_columns *x, size_t samples, size_t outputs,
                            const double *delta, size_t delta_row, double rate, double *w,
                            size_t w_row, double *scratch) noexcept nogil
        bint (*sparse_optimize)(const purenet_columns *x, size_t samples, size_t outputs,
                                const double *delta, size_t delta_row, const purenet_rule *rule,
                                double *w, double *first, double *second, size_t w_row,
                                double *scratch) noexcept nogil
        bint (*few_optimize)(const purenet_marked *x, size_t first, size_t last, size_t samples,
                             const size_t *sample, size_t outputs, const double *delta,
                             size_t delta_row, const purenet_rule *rule, double *w,
                             double *first_memory, double *second_memory, size_t w_row,
                             double *scratch) noexcept nogil
        void (*optimize)(const purenet_rule *rule, size_t n, const double *g, double *w,
                         double *first, double *second) noexcept nogil
        void (*penalty_slopes)(double l1, double l2, size_t n, const double *w,
                               double *g) noexcept nogil
        void (*clip)(double largest, size_t n, double *g) noexcept nogil
        void (*times)(double factor, size_t n, double *x) noexcept nogil
        size_t width
        void (*convolve)(const purenet_windows *w, const double *image, const double *weights,
                         const double *bias, int activation, double *z) noexcept nogil
        void (*weight_sums)(const purenet_windows *w, size_t first, size_t last,
                            const double *image, const double *delta, double *sums,
                            double *total) noexcept nogil
        void (*filter_sums)(const purenet_windows *w, size_t first, size_t last,
                            const double *image, const double *delta, size_t delta_depth,
                            bint left_out, size_t *place, double *value, double *sums,
                            double *totals) noexcept nogil
        void (*spread_deltas)(const purenet_windows *w, size_t filters, const double *delta,
                              size_t delta_depth, const double *weights, bint left_out,
                              size_t *place, double *value, double *image) noexcept nogil
        void (*pool_largest)(const purenet_windows *w, const double *image, double *a,
                             uint64_t *winner) noexcept nogil
        void (*unpool_largest)(const purenet_windows *w, const double *delta,
                               const uint64_t *winner, double *image) noexcept nogil
        void (*unpool_apart)(const purenet_windows *w, const double *delta,
                             const uint64_t *winner, int activation, const double *a,
                             double *image) noexcept nogil
        void (*pool_average)(const purenet_windows *w, const double *image,
                             double *a) noexcept nogil
        void (*unpool_average)(const purenet_windows *w, const double *delta,
                               double *image) noexcept nogil
        void (*to_pixels)(size_t channels, size_t count, const double *flat, size_t channel,
                          size_t depth, double *pixels) noexcept nogil
        void (*from_pixels)(size_t channels, size_t count, const double *pixels, size_t depth,
                            double *flat, size_t channel) noexcept nogil
        void (*twist)(uint32_t *word) noexcept nogil
        size_t generators
        void (*seed_generators)(const uint32_t *key, size_t length,
                                uint32_t *state) noexcept nogil
        int (*take_generator)(const uint32_t *state, size_t g, size_t needed,
                              uint32_t *word) noexcept nogil
        void (*draw_mask)(const uint32_t *word, size_t n, double rate, double scale,
                          double *mask) noexcept nogil
        void (*multiply)(size_t n, const double *x, const double *y, double *z) noexcept nogil
        double (*multiply_and_add)(size_t rounds, double factor, double term,
                                   double *result) noexcept nogil
        void (*read_numbers)(int code, const char *source, Py_ssize_t step, size_t n,
                             double *target) noexcept nogil
        void (*write_numbers)(int code, const double *source, size_t n, char *target,
                              Py_ssize_t step) noexcept nogil

    int purenet_choose(const char *wanted, const purenet_kernels **chosen)
    const purenet_kernels *purenet_choose_narrow(const purenet_kernels *chosen, bint forced,
                                                 const Layer *layers, size_t count)


# The kernels of the chosen vector width.
cdef const purenet_kernels *KERNELS

cdef const purenet_kernels *narrow_kernels(const Layer *layers, size_t count) noexcept
