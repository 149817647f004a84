// SPDX-License-Identifier: MIT
// The models that can be opened by name.
#ifndef APP_MODELS_INSTALLED_H
#define APP_MODELS_INSTALLED_H

#include <glib.h>

typedef struct app_installed {
    char *name, *path;     // owned
    const char *shipped;   // SHA-256 of the file that this version ships; NULL: it ships none
    gint64 bytes, changed; // size; time of change in microseconds
} app_installed;

// All of them by name (g_ptr_array_unref), from the folders that nn_model_find searches. Of two
// with one name it is the one that is opened.
GPtrArray *app_installed_list(void);
// SHA-256 of the file in hexadecimal (g_free); NULL when it cannot be read.
char *app_installed_sum(const app_installed *m);

#endif
