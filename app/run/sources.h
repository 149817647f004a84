// SPDX-License-Identifier: MIT
// Which inputs a run has: those of the command line, of a file, or of the environment.
#ifndef APP_RUN_SOURCES_H
#define APP_RUN_SOURCES_H

#include "nn/base/status.h"

// All inputs, NULL at the end (g_strfreev): the `count` named ones, then the lines of `file` (NULL:
// none) but empty ones and those that begin with "#". When there are neither, that of the
// environment variable NEROSCALE_SOURCE, else /dev/video0. A file or the environment keeps a
// password out of `ps` and of the shell's history.
nn_status app_sources_collect(char ***inputs, char *const *named, int count, const char *file,
                              nn_error *err);

#endif
