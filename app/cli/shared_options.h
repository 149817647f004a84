// SPDX-License-Identifier: MIT
// Rows of options that several commands have, each declared here alone: for lists of GOptionEntry.
// `to` is where the value goes.
#ifndef APP_CLI_SHARED_OPTIONS_H
#define APP_CLI_SHARED_OPTIONS_H

#include <glib.h>

// int; app_check_threads checks it.
#define APP_THREADS_ENTRY(to)                                                                      \
    {                                                                                              \
        "threads", 0, 0, G_OPTION_ARG_INT, to, "Threads (0: one per core)", "N"                    \
    }
// char * each, from here on.
#define APP_NETWORK_ENTRY(to)                                                                      \
    {                                                                                              \
        "network", 0, 0, G_OPTION_ARG_STRING, to, "MODEL is a file with weights of this network",  \
            "NAME"                                                                                 \
    }
#define APP_NETWORK_OPTIONS_ENTRY(to)                                                              \
    {                                                                                              \
        "options", 0, 0, G_OPTION_ARG_STRING, to,                                                  \
            "Options of networks given by name; 'neroscale list --options' shows them", "A=1,B=2"  \
    }
#define APP_PARAMETERS_ENTRY(to)                                                                   \
    {                                                                                              \
        "parameters", 'p', 0, G_OPTION_ARG_FILENAME, to,                                           \
            "Parameters of networks given by name: 'reference', 'random' or a file of tensors",    \
            "FILE"                                                                                 \
    }
#define APP_HEAD_ENTRY(to)                                                                         \
    {                                                                                              \
        "head", 0, 0, G_OPTION_ARG_STRING, to,                                                     \
            "Decoder of the model's outputs (from the model, or from their shapes)", "HEAD"        \
    }
#define APP_LABELS_FILE_ENTRY(to)                                                                  \
    {                                                                                              \
        "labels-file", 0, 0, G_OPTION_ARG_FILENAME, to,                                            \
            "Text file with one class name a line (names in the model)", "FILE"                    \
    }

#endif
