// SPDX-License-Identifier: MIT
// Reads the part of Python's pickle format that PyTorch needs for tensors. It executes nothing.
#ifndef NN_IO_TORCH_PICKLE_H
#define NN_IO_TORCH_PICKLE_H

#include "nn/tensor/tensor.h"

typedef enum nn_pickle_kind {
    NN_PICKLE_NONE,
    NN_PICKLE_INT,   // and booleans
    NN_PICKLE_FLOAT, // and integers over 64 bits, as zero: their value is not needed
    NN_PICKLE_TEXT,  // strings and bytes
    NN_PICKLE_LIST,
    NN_PICKLE_TUPLE,
    NN_PICKLE_DICT, // and OrderedDict
    NN_PICKLE_GLOBAL,
    NN_PICKLE_STORAGE,
    NN_PICKLE_TENSOR,
    NN_PICKLE_OBJECT, // an unknown class, or an object of one, which is only its attributes
} nn_pickle_kind;

typedef enum nn_pickle_scalar {
    NN_PICKLE_F32,
    NN_PICKLE_F64,
    NN_PICKLE_F16,
    NN_PICKLE_BF16,
    NN_PICKLE_I64,
    NN_PICKLE_I32,
    NN_PICKLE_I16,
    NN_PICKLE_I8,
    NN_PICKLE_U8,
    NN_PICKLE_BOOL,
    NN_PICKLE_SCALAR_COUNT
} nn_pickle_scalar;

struct nn_pickle_global;
typedef struct nn_pickle_value nn_pickle_value;
typedef struct nn_pickle_tensor nn_pickle_tensor;

// a value takes up to 40 bytes of memory for a byte of file
enum { NN_PICKLE_MAX_BYTES = 16 << 20 };

// A value. Its pointers lead to memory of the pickle or into the bytes that were read. Lists,
// tuples and dicts may contain themselves: a walk must limit its depth.
struct nn_pickle_value {
    nn_pickle_kind kind;
    union {
        int64_t number;
        double real;
        struct {
            const char *bytes; // not terminated by a zero
            size_t length;
        } text;
        struct {
            nn_pickle_value **items; // of a dict: key, value, key, value, ...
            size_t count, capacity;
        } list;
        const struct nn_pickle_global *global;
        struct {
            nn_pickle_value *key; // a text
            nn_pickle_scalar scalar;
            int64_t count; // of elements, as declared
        } storage;
        nn_pickle_tensor *tensor; // owned
        struct {
            char *class_name;          // of a class: owned "module.name", safe to print
            const nn_pickle_value *of; // of an object: its class
            nn_pickle_value *state;    // of an object: attributes or arguments; NULL: none
        } object;
    };
};

struct nn_pickle_tensor {
    nn_pickle_value *storage;
    nn_shape shape;
    int64_t offset, stride[NN_MAX_RANK]; // in elements; all are inside of the storage
};

typedef struct nn_pickle nn_pickle;

// Reads one pickle of protocol 2 to 5 from the start of `bytes`, which must outlive it; *used gets
// its length. Known are tensors, storages, parameters, OrderedDict, dict, list, tuple, numbers and
// strings. An object of another class is what the file says of its attributes, and no more: options
// or an optimiser beside the weights do no harm, and modules can be walked. A global that
// checkpoints do not need and that could execute something (os.system, builtins.eval) is refused by
// name with NN_EUNSUPPORTED. A pickle has at most NN_PICKLE_MAX_BYTES.
nn_status nn_pickle_read(nn_pickle **out, const uint8_t *bytes, size_t size, size_t *used,
                         nn_error *err);
void nn_pickle_free(nn_pickle *p);
nn_pickle_value *nn_pickle_root(const nn_pickle *p);

// The value of a text key of a dict; NULL when it is missing or the value is no dict.
nn_pickle_value *nn_pickle_get(const nn_pickle_value *dict, const char *key);
// "module.name" of the first unknown class in the file; NULL when all are known.
const char *nn_pickle_stranger(const nn_pickle *p);
// Whether a value is the text `s`.
bool nn_pickle_is_text(const nn_pickle_value *v, const char *s);
// Compares two texts like strcmp.
int nn_pickle_compare_texts(const nn_pickle_value *a, const nn_pickle_value *b);
// All storages that the pickle names, with repetitions. *out is freed with nn_free.
nn_status nn_pickle_storages(const nn_pickle *p, const nn_pickle_value ***out, size_t *count,
                             nn_error *err);
size_t nn_pickle_scalar_size(nn_pickle_scalar scalar); // bytes

#endif
