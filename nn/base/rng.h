// SPDX-License-Identifier: MIT
// A small random generator with a seed (splitmix64). It gives the same numbers on every machine.
#ifndef NN_BASE_RNG_H
#define NN_BASE_RNG_H

#include "nn/base/api.h"

#include <stdint.h>

typedef struct nn_rng {
    uint64_t state; // the whole state: saving and restoring it continues the sequence
} nn_rng;

nn_rng nn_rng_seed(uint64_t seed);
// A generator for item `index` of the sequence `seed`. Its numbers do not depend on the number of
// threads that draw.
NN_API nn_rng nn_rng_stream(uint64_t seed, uint64_t index);
uint64_t nn_rng_next(nn_rng *r);
float nn_rng_uniform(nn_rng *r);                      // [0, 1)
float nn_rng_range(nn_rng *r, float low, float high); // [low, high)
NN_API int64_t nn_rng_below(nn_rng *r, int64_t n);    // 0 .. n - 1; 0 when n <= 1
float nn_rng_normal(nn_rng *r);                       // mean 0, variance 1 (Box, Muller 1958)

// 64-bit FNV-1a hash of the bytes of `name` (Fowler, Noll, Vo), used for seeds and hash tables.
uint64_t nn_hash_name(const char *name);
// The output function of splitmix64: mixes the bits of a counter or hash. nn_model_init_reference
// makes its parameters of nn_hash_mix(nn_hash_name(name) + index).
uint64_t nn_hash_mix(uint64_t z);

#endif
