// SPDX-License-Identifier: MIT
// What a tensor file format is: a table of functions, one file each in this folder.
#ifndef NN_IO_FORMAT_H
#define NN_IO_FORMAT_H

#include "nn/io/io.h"

#include <stdbool.h>

enum { NN_IO_MAX_NAME = 4096 }; // bytes of a tensor's or node's name; far above any real one

typedef struct nn_io_format {
    const char *name;
    // Whether the first bytes look like this format; must be cheap and never wrong about its own.
    bool (*probe)(const uint8_t *bytes, size_t size);
    // Fills tensors, count, meta and meta_count of a zeroed bundle; tensors point into `bytes`. The
    // caller sorts, realigns, refuses equal names and releases the bundle after an error.
    nn_status (*parse)(nn_bundle *b, const uint8_t *bytes, size_t size, nn_error *err);
} nn_io_format;

#endif
