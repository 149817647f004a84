// SPDX-License-Identifier: MIT
// Files of other programs that are not read: what they are, and how their models come here.
#ifndef NN_IO_FOREIGN_H
#define NN_IO_FOREIGN_H

#include "nn/base/status.h"

// NN_EUNSUPPORTED with a sentence on what to do when the file or folder is one of a known foreign
// format, by its content or, for formats without a signature, by the ending of its name. NN_OK for
// everything else, also for what cannot be read.
nn_status nn_foreign_check(const char *path, nn_error *err);

#endif
