// SPDX-License-Identifier: MIT
// Libraries that are loaded when something first needs them.
//
// A program that links libhdf5, SDL or Cairo loads them, and all that they need, before main. The
// lists `late` in meson.build make of each such library a module, libneroscale-WORD.so, which links
// it and exports one table of its functions, and a header, late_WORD.h, which is included instead
// of the library's own and sends its functions through that table. Whoever uses one opens it first.
#ifndef NN_BASE_LATE_H
#define NN_BASE_LATE_H

#include "nn/base/api.h"
#include "nn/base/status.h"

#include <stdatomic.h>
#include <stdbool.h>

typedef struct nn_late {
    const char *folder, *word;   // the module is FOLDER/libneroscale-WORD.so of a build tree
    const char *list;            // LATE_WORD_LIST, which the table begins with; NULL: any
    _Atomic(const void *) table; // NULL until it is open
} nn_late;

// Loads the library unless it is there; it stays until the process ends. From any thread.
// NN_EUNSUPPORTED where it cannot be loaded, with the linker's reason, or is of another version.
NN_API nn_status nn_late_open(nn_late *late, nn_error *err);

// Whether the module's file is somewhere, without loading it.
NN_API bool nn_late_is_there(const nn_late *late);

// Loads the module libneroscale-WORD.so from NEROSCALE_MODULES (not in programs that run with the
// rights of another user), the folder neroscale/ beside this library, the build tree or where
// modules are installed, and finds `symbol` in it. `shared`: its symbols are there for everybody.
// NULL with NN_EUNSUPPORTED in *err.
const void *nn_late_module(const char *folder, const char *word, const char *symbol, bool shared,
                           nn_error *err);

#endif
