// SPDX-License-Identifier: MIT
// Independent chains of fused multiply-adds, enough to fill the pipelines.
#include "app/bench/peak.h"

#include "app/cli/progress.h"
#include "nn/kernels/kernels.h"

#include <glib.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

enum { CHAINS = 12, TURNS = 1 << 20, TRIES = 8 };

// Runs `turns` multiply-adds in each of CHAINS vectors; x stays finite. Returns a lane, so that the
// compiler keeps the work.
typedef float chain(int64_t turns);

// One body for every vector type. The 12 chains cover a latency of 4 to 6 cycles at two a cycle.
#define CHAIN_BODY(type, set, fma)                                                                 \
    type x[CHAINS], a = set(0.999999f), b = set(1e-6f);                                            \
    for (int i = 0; i < CHAINS; i++)                                                               \
        x[i] = set(1.0f + (float)i);                                                               \
    for (int64_t turn = 0; turn < turns; turn++) {                                                 \
        x[0] = fma(x[0], a, b), x[1] = fma(x[1], a, b), x[2] = fma(x[2], a, b);                    \
        x[3] = fma(x[3], a, b), x[4] = fma(x[4], a, b), x[5] = fma(x[5], a, b);                    \
        x[6] = fma(x[6], a, b), x[7] = fma(x[7], a, b), x[8] = fma(x[8], a, b);                    \
        x[9] = fma(x[9], a, b), x[10] = fma(x[10], a, b), x[11] = fma(x[11], a, b);                \
    }                                                                                              \
    float lane[sizeof(type) / sizeof(float)], sum = 0.0f;                                          \
    for (int i = 0; i < CHAINS; i++) {                                                             \
        memcpy(lane, &x[i], sizeof lane);                                                          \
        sum += lane[0];                                                                            \
    }                                                                                              \
    return sum;

#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) static float chain_avx2(int64_t turns)
{
    CHAIN_BODY(__m256, _mm256_set1_ps, _mm256_fmadd_ps)
}

__attribute__((target("avx512f"))) static float chain_avx512(int64_t turns)
{
    CHAIN_BODY(__m512, _mm512_set1_ps, _mm512_fmadd_ps)
}
#elif defined(__aarch64__)
static float32x4_t multiply_add(float32x4_t x, float32x4_t a, float32x4_t b)
{
    return vfmaq_f32(b, x, a);
}

static float chain_neon(int64_t turns)
{
    CHAIN_BODY(float32x4_t, vdupq_n_f32, multiply_add)
}
#endif

// Four floats wide, which every 64-bit machine has.
typedef float portable __attribute__((vector_size(16)));

static portable set_portable(float x)
{
    return (portable){x, x, x, x};
}

static portable multiply_add_portable(portable x, portable a, portable b)
{
    return x * a + b;
}

static float chain_c(int64_t turns)
{
    CHAIN_BODY(portable, set_portable, multiply_add_portable)
}

typedef struct probe {
    chain *run;
    float *results; // one for each thread
} probe;

static void run_probe(void *ctx, int64_t begin, int64_t end, int worker)
{
    probe *p = ctx;
    p->results[worker] = p->run((end - begin) * TURNS);
}

// `width`: floats in a vector of the chain.
static double measure(nn_pool *pool, chain *run, int width)
{
    const int threads = nn_pool_threads(pool);
    g_autofree float *results = g_new0(float, threads);
    probe p = {.run = run, .results = results};
    double best = 1e9;
    for (int i = 0; i < TRIES; i++) {
        const double start = app_now();
        nn_pool_run(pool, threads, 1, run_probe, &p);
        const double took = app_now() - start;
        best = took < best ? took : best;
    }
    return 2e-9 * CHAINS * TURNS * width * threads / best;
}

double app_peak_gflops(nn_pool *pool)
{
    double best = measure(pool, chain_c, 4);
#if defined(__x86_64__)
    const double avx2 = nn_kernels_level() & NN_CPU_AVX2 ? measure(pool, chain_avx2, 8) : 0.0;
    const double avx512 =
        nn_kernels_level() & NN_CPU_AVX512 ? measure(pool, chain_avx512, 16) : 0.0;
    best = avx2 > best ? avx2 : best;
    best = avx512 > best ? avx512 : best;
#elif defined(__aarch64__)
    const double neon = measure(pool, chain_neon, 4);
    best = neon > best ? neon : best;
#endif
    return best;
}
