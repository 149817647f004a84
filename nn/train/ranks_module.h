// SPDX-License-Identifier: MIT
// What the module with MPI offers to ranks.c, which loads it when it is needed.
#ifndef NN_TRAIN_RANKS_MODULE_H
#define NN_TRAIN_RANKS_MODULE_H

#include <stddef.h>
#include <stdint.h>

// The symbol that the module exports.
#define NN_RANKS_MODULE_SYMBOL "nn_ranks_module_mpi"

typedef struct nn_ranks_module {
    // 0, or a number of MPI; the other functions end all processes when something fails.
    int (*open)(int *index, int *count);
    void (*close)(void);
    void (*stop)(void); // ends all processes with exit status 2
    void (*sum)(double *x, int n);
    void (*spread)(void *bytes, size_t size);
    // Begins a sum of n floats in place; several may be under way.
    void (*start)(float *x, int64_t n);
    void (*advance)(void); // lets those that are under way go on
    void (*wait)(void);    // for all of them
} nn_ranks_module;

#endif
