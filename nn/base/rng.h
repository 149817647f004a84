// SPDX-License-Identifier: MIT
// Small seedable random generator (splitmix64 stream); the same numbers on every machine.
#ifndef NN_BASE_RNG_H
#define NN_BASE_RNG_H

#include "nn/base/api.h"

#include <stdint.h>

typedef struct nn_rng {
    uint64_t state; // the whole state: save it, restore it, and the stream goes on
} nn_rng;

nn_rng nn_rng_seed(uint64_t seed);
// A generator for item `index` of stream `seed`, independent of how many threads draw.
NN_API nn_rng nn_rng_stream(uint64_t seed, uint64_t index);
uint64_t nn_rng_next(nn_rng *r);
float nn_rng_uniform(nn_rng *r);                      // [0, 1)
float nn_rng_range(nn_rng *r, float low, float high); // [low, high)
NN_API int64_t nn_rng_below(nn_rng *r, int64_t n);    // 0 .. n-1; 0 when n <= 1
float nn_rng_normal(nn_rng *r);                       // mean 0, variance 1 (Box, Muller 1958)

// FNV-1a of 64 bits over the bytes of `name` (Fowler, Noll, Vo): a seed or a place in a hash table.
uint64_t nn_hash_name(const char *name);
// The output function of splitmix64: mixes the bits of a counter or of a hash.
// nn_model_init_reference makes its parameters of nn_hash_mix(nn_hash_name(name) + index).
uint64_t nn_hash_mix(uint64_t z);

#endif
