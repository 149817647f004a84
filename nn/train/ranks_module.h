// SPDX-License-Identifier: MIT
// The interface of the MPI module, which ranks.c loads when it is needed.
#ifndef NN_TRAIN_RANKS_MODULE_H
#define NN_TRAIN_RANKS_MODULE_H

#include <stddef.h>
#include <stdint.h>

// The exported symbol of the module.
#define NN_RANKS_MODULE_SYMBOL "nn_ranks_module_mpi"

// The program and its module are of one build; the number is of this struct.
#define NN_RANKS_MODULE_VERSION "neroscale " NN_VERSION " ranks 1"

typedef struct nn_ranks_module {
    const char *version; // always the first
    // Returns 0 or an MPI error; when other functions fail, they end all processes.
    int (*open)(int *index, int *count);
    void (*close)(void);
    void (*stop)(void); // ends all processes with exit status 2
    void (*sum)(double *x, int n);
    void (*spread)(void *bytes, size_t size);
    // Starts to sum n floats in place; several sums may be in progress.
    void (*start)(float *x, int64_t n);
    void (*advance)(void); // lets sums in progress advance
    void (*wait)(void);    // for all sums
} nn_ranks_module;

#endif
