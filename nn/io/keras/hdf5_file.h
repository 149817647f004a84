// SPDX-License-Identifier: MIT
// A reader for the part of HDF5 that Keras writes, safe for untrusted files. libhdf5 1.10 is not:
// damaged heaps make it access memory out of bounds. Format: The HDF Group, HDF5 File Format
// Specification 3.0.
#ifndef NN_IO_KERAS_HDF5_FILE_H
#define NN_IO_KERAS_HDF5_FILE_H

#include "nn/tensor/tensor.h"

typedef struct nn_hdf5 {
    const uint8_t *bytes;
    size_t size;
    uint64_t root; // address of the root's header; addresses are offsets in the file
    int64_t steps; // entries and messages that may still be read, so that loops end
} nn_hdf5;

// Opens a file with superblock 0 or 1, the library's default. NN_EFORMAT, also when the file is cut
// off. `bytes` must outlive *f.
nn_status nn_hdf5_open(nn_hdf5 *f, const uint8_t *bytes, size_t size, nn_error *err);

// Finds the object at "a/b/c" below the group `from`. NN_ENOTFOUND when there is none.
// NN_EUNSUPPORTED for soft links and for new-style groups, which external links need.
nn_status nn_hdf5_walk(nn_hdf5 *f, uint64_t from, const char *path, uint64_t *object,
                       nn_error *err);

// The strings of an attribute, of fixed or variable length; *count is 0 when it is empty. They are
// printable UTF-8 of 1 to 255 bytes. Free *out with nn_free. NN_ENOTFOUND: no such attribute.
nn_status nn_hdf5_strings(nn_hdf5 *f, uint64_t object, const char *name, char ***out, int *count,
                          nn_error *err);
// The only string of an attribute, of any length; *out is NULL when there is none (nn_free).
nn_status nn_hdf5_text(nn_hdf5 *f, uint64_t object, const char *name, char **out, nn_error *err);

// A contiguous data set of little-endian float32: t->data points into the file, at any alignment.
nn_status nn_hdf5_floats(nn_hdf5 *f, uint64_t object, nn_tensor *t, nn_error *err);

// --- between the two halves of the reader ---

// `size` bytes at an address; NULL when they exceed the file.
const uint8_t *nn_hdf5_span(const nn_hdf5 *f, uint64_t at, uint64_t size);
// A little-endian number of 1 to 8 bytes.
uint64_t nn_hdf5_number(const uint8_t *p, int bytes);
// Counts a step; false when there were too many.
bool nn_hdf5_step(nn_hdf5 *f);

enum {
    NN_HDF5_DATASPACE = 1,
    NN_HDF5_DATATYPE = 3,
    NN_HDF5_EXTERNAL = 7,
    NN_HDF5_LAYOUT = 8,
    NN_HDF5_FILTERS = 11,
    NN_HDF5_ATTRIBUTE = 12,
    NN_HDF5_CONTINUATION = 16,
    NN_HDF5_SYMBOLS = 17,
};

typedef struct nn_hdf5_message {
    int type;
    bool shared; // the data are elsewhere
    const uint8_t *data;
    size_t size;
} nn_hdf5_message;

// Walks the messages of an object.
typedef struct nn_hdf5_messages {
    nn_hdf5 *file;
    uint64_t at, end;      // of the current block
    uint64_t more[32][2];  // blocks to come: begin, end
    int more_count, taken; // blocks known, blocks read
    bool damaged;
} nn_hdf5_messages;

void nn_hdf5_messages_begin(nn_hdf5_messages *m, nn_hdf5 *f, uint64_t object);
// False at the end, or when m->damaged.
bool nn_hdf5_messages_next(nn_hdf5_messages *m, nn_hdf5_message *out);
// The first message of a type; NN_ENOTFOUND when there is none.
nn_status nn_hdf5_find_message(nn_hdf5 *f, uint64_t object, int type, nn_hdf5_message *out,
                               nn_error *err);

#endif
