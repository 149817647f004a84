// SPDX-License-Identifier: MIT
// splitmix64 (Steele, Lea, Flood 2014) as generator and as hash.
#include "nn/base/rng.h"

#include <math.h>

static const uint64_t GOLDEN = 0x9E3779B97F4A7C15u;

uint64_t nn_hash_mix(uint64_t z)
{
    z += GOLDEN;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

uint64_t nn_hash_name(const char *name)
{
    uint64_t h = 0xCBF29CE484222325u; // FNV-1a
    for (const unsigned char *p = (const unsigned char *)name; *p; p++)
        h = (h ^ *p) * 0x100000001B3u;
    return h;
}

nn_rng nn_rng_seed(uint64_t seed)
{
    return (nn_rng){nn_hash_mix(seed)};
}

nn_rng nn_rng_stream(uint64_t seed, uint64_t index)
{
    return (nn_rng){nn_hash_mix(nn_hash_mix(seed) ^ nn_hash_mix(index * 2 + 1))};
}

uint64_t nn_rng_next(nn_rng *r)
{
    uint64_t z = nn_hash_mix(r->state);
    r->state += GOLDEN;
    return z;
}

float nn_rng_uniform(nn_rng *r)
{
    return (float)(nn_rng_next(r) >> 40) * 0x1p-24f;
}

float nn_rng_range(nn_rng *r, float low, float high)
{
    return low + (high - low) * nn_rng_uniform(r);
}

// The upper 64 bits of a product, which also 32-bit compilers know (no __int128 there).
static uint64_t multiply_high(uint64_t a, uint64_t b)
{
    const uint64_t a_low = (uint32_t)a, a_high = a >> 32, b_low = (uint32_t)b, b_high = b >> 32;
    const uint64_t cross = a_high * b_low;
    const uint64_t middle = (a_low * b_low >> 32) + (uint32_t)cross + a_low * b_high;
    return a_high * b_high + (cross >> 32) + (middle >> 32);
}

int64_t nn_rng_below(nn_rng *r, int64_t n)
{
    if (n <= 1)
        return 0;
    // The bias of the multiply-shift reduction is below 2^-32 for n < 2^32.
    return (int64_t)multiply_high(nn_rng_next(r), (uint64_t)n);
}

float nn_rng_normal(nn_rng *r)
{
    double u = 1.0 - (double)(nn_rng_next(r) >> 11) * 0x1p-53; // (0, 1]
    double v = (double)(nn_rng_next(r) >> 11) * 0x1p-53;
    return (float)(sqrt(-2.0 * log(u)) * cos(2.0 * M_PI * v));
}
