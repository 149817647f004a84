// SPDX-License-Identifier: MIT
// Gradient of weights with AVX-512: some inputs times sixteen output channels, a register for each
// input.
#include "nn/kernels/microkernel.h"
#include "nn/kernels/unroll.h"

#include <immintrin.h>

// Inputs of a tile: `ANY`, as many as general registers have room for addresses, or up to three
// blocks of adjacent ones, which share an address.
enum { LANES = 8, ANY = 12, BLOCKS = 3, MOST = BLOCKS * LANES };

// Fetches earlier sums of n inputs. They are added last, and often come from a far cache: all sums
// of a layer are more than the second-level cache holds.
NN_INLINE void fetch_sums(const nn_microkernel_grad_args *t, int first, int n)
{
    enum { LINE = 16 }; // floats
    const float *low = t->out + first * LANES, *high = low + t->out_plane;
    for (int i = 0; i < n * LANES; i += LINE) {
        _mm_prefetch((const char *)(low + i), _MM_HINT_T0);
        _mm_prefetch((const char *)(high + i), _MM_HINT_T0);
    }
}

// Sums `groups` times `size` inputs; the inputs of a group are side by side. Both are constants
// where this is expanded.
NN_INLINE void grad_tile(const nn_microkernel_grad_args *t, int first, const float *const *in,
                         int groups, int size)
{
    const float *x[ANY];
    __m512 sum[MOST];
    NN_UNROLL(12)
    for (int b = 0; b < groups; b++)
        x[b] = in[first + b * size];
    NN_UNROLL(24)
    for (int i = 0; i < groups * size; i++)
        sum[i] = _mm512_setzero_ps();
    if (t->add)
        fetch_sums(t, first, groups * size);
    const int64_t plane = t->plane, step = t->step;
    for (int r = 0; r < t->rows; r++) {
        const float *g = t->grad + t->row[r], *end = g + (int64_t)t->width * LANES;
        for (int64_t k = t->in_row[r]; g < end; g += LANES, k += step) {
            const __m512 low = _mm512_castps256_ps512(_mm256_loadu_ps(g));
            const __m512 w = _mm512_insertf32x8(low, _mm256_loadu_ps(g + plane), 1);
            NN_UNROLL(24)
            for (int i = 0; i < groups * size; i++)
                sum[i] = _mm512_fmadd_ps(_mm512_set1_ps(x[i / size][k + i % size]), w, sum[i]);
        }
    }
    NN_UNROLL(24)
    for (int i = 0; i < groups * size; i++) {
        float *low = t->out + (first + i) * LANES, *high = low + t->out_plane;
        __m256 a = _mm512_castps512_ps256(sum[i]), b = _mm512_extractf32x8_ps(sum[i], 1);
        if (t->add) {
            a = _mm256_add_ps(a, _mm256_loadu_ps(low));
            b = _mm256_add_ps(b, _mm256_loadu_ps(high));
        }
        _mm256_storeu_ps(low, a);
        _mm256_storeu_ps(high, b);
    }
}

typedef void grad_function(const nn_microkernel_grad_args *t, int first, const float *const *in);

#define GRAD(groups, size)                                                                         \
    static void grad_##groups##_##size(const nn_microkernel_grad_args *t, int first,               \
                                       const float *const *in)                                     \
    {                                                                                              \
        grad_tile(t, first, in, groups, size);                                                     \
    }
GRAD(1, 1)
GRAD(2, 1)
GRAD(3, 1)
GRAD(4, 1)
GRAD(5, 1)
GRAD(6, 1)
GRAD(7, 1)
GRAD(8, 1)
GRAD(9, 1)
GRAD(10, 1)
GRAD(11, 1)
GRAD(12, 1)
GRAD(1, 8)
GRAD(2, 8)
GRAD(3, 8)

// Whether all inputs are in blocks of eight that lie side by side.
static bool are_blocks(int count, const float *const *in)
{
    if (count % LANES)
        return false;
    for (int i = 0; i < count; i++)
        if (in[i] != in[i / LANES * LANES] + i % LANES)
            return false;
    return true;
}

static void grad_avx512(const nn_microkernel_grad_args *t, int count, const float *const *in)
{
    static grad_function *const any[ANY] = {grad_1_1, grad_2_1,  grad_3_1,  grad_4_1,
                                            grad_5_1, grad_6_1,  grad_7_1,  grad_8_1,
                                            grad_9_1, grad_10_1, grad_11_1, grad_12_1};
    static grad_function *const blocks[BLOCKS] = {grad_1_8, grad_2_8, grad_3_8};
    if (t->channels <= LANES) { // half of each register would be unused
        nn_microkernel_grad_avx2(t, count, in);
        return;
    }
    const bool adjacent = are_blocks(count, in);
    const int size = adjacent ? LANES : 1, most = adjacent ? BLOCKS : ANY;
    const int groups = count / size, tiles = (groups + most - 1) / most;
    for (int i = 0, first = 0; i < tiles; i++) {
        const int n = groups / tiles + (i < groups % tiles);
        (adjacent ? blocks : any)[n - 1](t, first, in);
        first += n * size;
    }
}

void nn_microkernel_grad_init_avx512(nn_microkernels *k)
{
    k->grad = grad_avx512;
}
