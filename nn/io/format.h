// SPDX-License-Identifier: MIT
// The interface of tensor file formats: a table of functions, in one file of this folder for each
// format.
#ifndef NN_IO_FORMAT_H
#define NN_IO_FORMAT_H

#include "nn/io/io.h"

#include <stdbool.h>

enum { NN_IO_MAX_NAME = 4096 }; // bytes of a tensor's or node's name; larger than any real one

struct nn_save_format; // save_format.h

typedef struct nn_io_format {
    const char *name;
    // Whether the first bytes are of this format; it must be cheap, and certain about its own
    // files.
    bool (*probe)(const uint8_t *bytes, size_t size);
    // Fills tensors, count, meta and meta_count of a zeroed bundle; tensors point into `bytes`. The
    // caller sorts and realigns the tensors, refuses duplicate names, and releases the bundle after
    // an error.
    nn_status (*parse)(nn_bundle *b, const uint8_t *bytes, size_t size, nn_error *err);
    const struct nn_save_format *save; // how models are written in it; NULL: they are not
} nn_io_format;

// Sorts the tensors by name; NN_EFORMAT names one that is there twice.
nn_status nn_bundle_sort(nn_bundle *b, nn_error *err);

// All formats; NULL after the last.
const nn_io_format *nn_io_format_at(int i);

#endif
