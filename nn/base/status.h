// SPDX-License-Identifier: MIT
// Status codes, and the error text that functions of the engine fill in.
#ifndef NN_BASE_STATUS_H
#define NN_BASE_STATUS_H

#include "nn/base/api.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum nn_status {
    NN_OK = 0,
    NN_ENOMEM,       // out of memory
    NN_EINVAL,       // a wrong argument or option
    NN_ESHAPE,       // tensor shapes that do not fit together
    NN_EIO,          // the operating system could not read or write
    NN_EFORMAT,      // a damaged or foreign file
    NN_EUNSUPPORTED, // a valid file or graph that asks for something we do not have
    NN_ENOTFOUND,    // no such file, network, tensor
} nn_status;

// The last failure, in a struct of the caller. Every function that takes one accepts NULL.
typedef struct nn_error {
    nn_status status;
    char text[480]; // one line: what, where, why; no trailing newline
} nn_error;

// Short lower-case name of a status ("ok", "out of memory", ...). Never NULL.
NN_API const char *nn_status_name(nn_status status);

// Writes a formatted text into `err` (may be NULL) and returns `status`: `return nn_fail(err,
// NN_EINVAL, "...")`. Threads must not share an `err`.
NN_API nn_status nn_fail(nn_error *err, nn_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Puts "prefix: " in front of the text in `err` (may be NULL), sets its status and returns it.
NN_API nn_status nn_fail_prefix(nn_error *err, nn_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#ifdef __cplusplus
}
#endif

#endif
