// SPDX-License-Identifier: MIT
// Keeps what was measured of the forms of a model, so that the next start need not measure again.
#ifndef NN_PREDICT_FORM_CACHE_H
#define NN_PREDICT_FORM_CACHE_H

#include <stdbool.h>
#include <stddef.h>

enum { NN_FORM_KEY = 12288 };

// What a measurement is valid for.
typedef struct nn_form_key {
    const char *const *files; // the forms; their sizes and times of change count, too
    int count;
    int threads, input_h, input_w;
} nn_form_key;

// Finds the form that won on this processor with this library, and the words that were kept with
// it: a line of less than `size` bytes. False: nothing is kept, or something has changed since.
bool nn_form_cache_find(const nn_form_key *key, int *form, char *why, size_t size);
// Writes neroscale/auto-HASH of XDG_CACHE_HOME, by default ~/.cache; one file for the files,
// threads and size of a key, whatever else changes. Without a folder that can be written nothing is
// kept.
void nn_form_cache_keep(const nn_form_key *key, int form, const char *why);

#endif
