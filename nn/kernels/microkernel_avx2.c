// SPDX-License-Identifier: MIT
// Blocked convolution with AVX2: six pixels times sixteen output channels, twelve sums in
// registers; or eight times eight.
#include "nn/kernels/act_avx2.h"
#include "nn/kernels/microkernel.h"
#include "nn/kernels/microkernel_prefetch.h"

#include <immintrin.h>

// Twelve sums hide the latency of FMA, and need eight loads for twelve FMAs: two vectors of weights
// and six broadcasts. Sixteen registers have room for no more. With eight output channels there are
// eight pixels, as many as there are registers for addresses.
enum { LANES = 8, PIXELS = 6, NARROW = 8, VECTORS = NN_PANEL_CHANNELS / LANES };

NN_INLINE __m256 load_weights(const char *weight, bool half)
{
    return half ? _mm256_cvtph_ps(_mm_load_si128((const void *)weight))
                : _mm256_load_ps((const void *)weight);
}

// Adds x w where the sum is. Given the choice, compilers let the product replace x, and soon move
// sums to memory and back.
NN_INLINE void multiply_add(__m256 *sum, __m256 x, __m256 w)
{
    __asm__("vfmadd231ps %2, %1, %0" : "+x"(*sum) : "x"(x), "x"(w));
}

// Adds the products of one position of the depth to sum[pixel * vectors + v].
NN_INLINE void add_depth(__m256 *sum, const float *const *p, int64_t k, const char *weight,
                         int pixels, int vectors, bool half)
{
    __m256 w[VECTORS] NN_UNFILLED;
    NN_UNROLL(2)
    for (int v = 0; v < vectors; v++)
        w[v] = load_weights(weight + v * LANES * (half ? 2 : 4), half);
    NN_UNROLL(8)
    for (int i = 0; i < pixels; i++) {
        const __m256 x = _mm256_broadcast_ss(p[i] + k);
        NN_UNROLL(2)
        for (int v = 0; v < vectors; v++)
            multiply_add(&sum[i * vectors + v], x, w[v]);
    }
}

// Adds skip to the sums, applies the activation and stores them.
NN_INLINE void finish(const nn_microkernel_args *t, __m256 *sum, int first, const int32_t *place,
                      int pixels, int vectors)
{
    float *const out = t->out;
    const int64_t plane = t->plane;
    const float *const skip = t->skip;
    if (skip) {
        const int32_t *at = t->skip_place + first;
        const int64_t skip_plane = t->skip_plane;
        NN_UNROLL(8)
        for (int i = 0; i < pixels; i++) {
            NN_UNROLL(2)
            for (int v = 0; v < vectors; v++)
                sum[i * vectors + v] = _mm256_add_ps(
                    sum[i * vectors + v], _mm256_loadu_ps(skip + at[i] + v * skip_plane));
        }
    }
    act_vectors(t->act, sum, pixels * vectors);
    NN_UNROLL(8)
    for (int i = 0; i < pixels; i++) {
        NN_UNROLL(2)
        for (int v = 0; v < vectors; v++)
            _mm256_storeu_ps(out + place[first + i] + v * plane, sum[i * vectors + v]);
    }
}

// These are constants where this is expanded: `pixels`; `vectors` of eight output channels; `half`;
// `step`, the depth that is unrolled, which divides t->run; `fetches` and `singles`, whether there
// are any. Without them, each further loop would take registers from the one before it. One loop
// goes over all stretches: most are one step long, and a loop for each would cost a tenth of the
// time of small depths.
NN_INLINE void sum_tile(const nn_microkernel_args *t, nn_microkernel_prefetch fetch, int first,
                        const float *const *pixel, const int32_t *place, int pixels, int vectors,
                        bool half, int step, bool fetches, bool singles)
{
    const int bytes = NN_PANEL_CHANNELS * (half ? 2 : 4);
    const char *weight = t->weight;
    const int32_t *offset = t->offset;
    const int64_t run = t->run;
    const float *p[NARROW];
    __m256 sum[PIXELS * VECTORS];
    NN_UNROLL(8)
    for (int i = 0; i < pixels; i++)
        p[i] = pixel[first + i];
    NN_UNROLL(2)
    for (int v = 0; v < vectors; v++) {
        const __m256 bias = t->bias ? _mm256_loadu_ps(t->bias + LANES * v) : _mm256_setzero_ps();
        NN_UNROLL(8)
        for (int i = 0; i < pixels; i++)
            sum[i * vectors + v] = bias;
    }
    int64_t left = t->blocks * run;
    if (left > 0)
        for (int64_t k = *offset, end = k + run;;) {
            if (fetches)
                nn_microkernel_prefetch_step(&fetch);
            NN_UNROLL(8)
            for (int u = 0; u < step; u++)
                add_depth(sum, p, k + u, weight + u * bytes, pixels, vectors, half);
            weight += step * bytes;
            left -= step;
            if (left <= 0)
                break;
            k += step;
            if (k == end) {
                k = *++offset;
                end = k + run;
            }
        }
    for (int s = 0; singles && s < t->singles; s++, weight += bytes)
        add_depth(sum, p, t->single[s], weight, pixels, vectors, half);
    finish(t, sum, first, place, pixels, vectors);
}

typedef void tile_function(const nn_microkernel_args *t, nn_microkernel_range r,
                           const float *const *pixel, const int32_t *place);

#define TILE(pixels, vectors, half, step, fetches, singles)                                        \
    static void tile_##pixels##_##vectors##_##half##_##step##_##fetches##_##singles(               \
        const nn_microkernel_args *t, nn_microkernel_range r, const float *const *pixel,           \
        const int32_t *place)                                                                      \
    {                                                                                              \
        nn_microkernel_prefetch fetch = {0};                                                       \
        for (int i = 0; r.first + i < r.end; i++) {                                                \
            if (fetches)                                                                           \
                fetch = nn_microkernel_find_prefetch(t, r.first + i, r.all, step);                 \
            sum_tile(t, fetch, i *pixels, pixel, place, pixels, vectors, half, step, fetches,      \
                     singles);                                                                     \
        }                                                                                          \
    }
#define TILES(v, h, s, f, r)                                                                       \
    TILE(1, v, h, s, f, r)                                                                         \
    TILE(2, v, h, s, f, r)                                                                         \
    TILE(3, v, h, s, f, r) TILE(4, v, h, s, f, r) TILE(5, v, h, s, f, r) TILE(6, v, h, s, f, r)
#define NARROW_TILES(h, s, r) TILES(1, h, s, 0, r) TILE(7, 1, h, s, 0, r) TILE(8, 1, h, s, 0, r)
#define NAMES(v, h, s, f, r)                                                                       \
    tile_1_##v##_##h##_##s##_##f##_##r, tile_2_##v##_##h##_##s##_##f##_##r,                        \
        tile_3_##v##_##h##_##s##_##f##_##r, tile_4_##v##_##h##_##s##_##f##_##r,                    \
        tile_5_##v##_##h##_##s##_##f##_##r, tile_6_##v##_##h##_##s##_##f##_##r
#define NARROW_NAMES(h, s, r)                                                                      \
    NAMES(1, h, s, 0, r), tile_7_1_##h##_##s##_0_##r, tile_8_1_##h##_##s##_0_##r
NARROW_TILES(0, 1, 1)
NARROW_TILES(0, 8, 0)
NARROW_TILES(0, 8, 1)
NARROW_TILES(1, 1, 1)
NARROW_TILES(1, 8, 0)
NARROW_TILES(1, 8, 1)
TILES(2, 0, 1, 0, 1)
TILES(2, 0, 8, 0, 0)
TILES(2, 0, 8, 0, 1)
TILES(2, 1, 1, 0, 1)
TILES(2, 1, 8, 0, 0)
TILES(2, 1, 8, 0, 1)
TILES(2, 0, 8, 1, 0)
TILES(2, 0, 8, 1, 1)
TILES(2, 1, 8, 1, 0)
TILES(2, 1, 8, 1, 1)

// Divides the pixels evenly: seven are four and three, because a tile of one pixel is as slow as
// one of three.
void nn_microkernel_run_avx2(const nn_microkernel_args *t, int count, const float *const *pixel,
                             const int32_t *place)
{
    // Functions by output channels, weights, kind of depth, pixels; functions that prefetch by
    // weights, kind of depth, pixels.
    enum { RAGGED, BY_EIGHT, BY_EIGHT_AND_SINGLES, KINDS };
    static tile_function *const plain[2][2][KINDS][NARROW] = {
        {{{NARROW_NAMES(0, 1, 1)}, {NARROW_NAMES(0, 8, 0)}, {NARROW_NAMES(0, 8, 1)}},
         {{NARROW_NAMES(1, 1, 1)}, {NARROW_NAMES(1, 8, 0)}, {NARROW_NAMES(1, 8, 1)}}},
        {{{NAMES(2, 0, 1, 0, 1)}, {NAMES(2, 0, 8, 0, 0)}, {NAMES(2, 0, 8, 0, 1)}},
         {{NAMES(2, 1, 1, 0, 1)}, {NAMES(2, 1, 8, 0, 0)}, {NAMES(2, 1, 8, 0, 1)}}},
    };
    static tile_function *const fetching[2][KINDS][PIXELS] = {
        {{NULL}, {NAMES(2, 0, 8, 1, 0)}, {NAMES(2, 0, 8, 1, 1)}},
        {{NULL}, {NAMES(2, 1, 8, 1, 0)}, {NAMES(2, 1, 8, 1, 1)}}};
    const bool wide = t->channels > LANES;
    const int kind = t->run % 8 ? RAGGED : t->singles ? BY_EIGHT_AND_SINGLES : BY_EIGHT;
    tile_function *const *run =
        wide && kind != RAGGED && t->next ? fetching[t->half][kind] : plain[wide][t->half][kind];
    if (count <= 0)
        return;
    const int most = wide ? PIXELS : NARROW;
    const int tiles = (count + most - 1) / most, n = count / tiles, large = count % tiles;
    if (large)
        run[n](t, (nn_microkernel_range){0, large, tiles}, pixel, place);
    nn_microkernel_args rest = *t;
    if (t->skip)
        rest.skip_place += large * (n + 1);
    run[n - 1](&rest, (nn_microkernel_range){large, tiles, tiles}, pixel + large * (n + 1),
               place + large * (n + 1));
}

// `inputs` and `vectors` are constants where this is expanded.
NN_INLINE void grad_tile(const nn_microkernel_grad_args *t, int first, const float *const *in,
                         int inputs, int vectors)
{
    const float *x[PIXELS];
    __m256 sum[PIXELS][VECTORS];
    NN_UNROLL(6)
    for (int i = 0; i < inputs; i++) {
        x[i] = in[first + i];
        NN_UNROLL(2)
        for (int v = 0; v < vectors; v++)
            sum[i][v] = _mm256_setzero_ps();
    }
    for (int r = 0; r < t->rows; r++) {
        const float *g = t->grad + t->row[r], *end = g + (int64_t)t->width * LANES;
        for (int64_t k = t->in_row[r]; g < end; g += LANES, k += t->step) {
            __m256 w[VECTORS];
            NN_UNROLL(2)
            for (int v = 0; v < vectors; v++)
                w[v] = _mm256_loadu_ps(g + v * t->plane);
            NN_UNROLL(6)
            for (int i = 0; i < inputs; i++) {
                const __m256 a = _mm256_broadcast_ss(x[i] + k);
                NN_UNROLL(2)
                for (int v = 0; v < vectors; v++)
                    multiply_add(&sum[i][v], a, w[v]);
            }
        }
    }
    NN_UNROLL(6)
    for (int i = 0; i < inputs; i++) {
        NN_UNROLL(2)
        for (int v = 0; v < vectors; v++) {
            float *to = t->out + (first + i) * LANES + v * t->out_plane;
            if (t->add)
                sum[i][v] = _mm256_add_ps(sum[i][v], _mm256_loadu_ps(to));
            _mm256_storeu_ps(to, sum[i][v]);
        }
    }
}

typedef void grad_function(const nn_microkernel_grad_args *t, int first, const float *const *in);

#define GRAD(inputs, vectors)                                                                      \
    static void grad_##inputs##_##vectors(const nn_microkernel_grad_args *t, int first,            \
                                          const float *const *in)                                  \
    {                                                                                              \
        grad_tile(t, first, in, inputs, vectors);                                                  \
    }
#define GRADS(vectors)                                                                             \
    GRAD(1, vectors)                                                                               \
    GRAD(2, vectors) GRAD(3, vectors) GRAD(4, vectors) GRAD(5, vectors) GRAD(6, vectors)
#define GRAD_NAMES(vectors)                                                                        \
    {                                                                                              \
        grad_1_##vectors, grad_2_##vectors, grad_3_##vectors, grad_4_##vectors, grad_5_##vectors,  \
            grad_6_##vectors                                                                       \
    }
GRADS(1)
GRADS(2)

void nn_microkernel_grad_avx2(const nn_microkernel_grad_args *t, int count, const float *const *in)
{
    static grad_function *const functions[2][PIXELS] = {GRAD_NAMES(1), GRAD_NAMES(2)};
    const int tiles = (count + PIXELS - 1) / PIXELS;
    for (int i = 0, first = 0; i < tiles; i++) {
        const int n = count / tiles + (i < count % tiles);
        functions[t->channels > LANES][n - 1](t, first, in);
        first += n;
    }
}

void nn_microkernel_init_avx2(nn_microkernels *k)
{
    *k = (nn_microkernels){
        .run = nn_microkernel_run_avx2, .grad = nn_microkernel_grad_avx2, .pixels = PIXELS};
}
