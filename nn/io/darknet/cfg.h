// SPDX-License-Identifier: MIT
// Parses the text of a Darknet .cfg file into sections of options.
#ifndef NN_IO_DARKNET_CFG_H
#define NN_IO_DARKNET_CFG_H

#include "nn/base/status.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct nn_cfg_option {
    const char *key, *value; // without white space and comments ('#' or ';')
    int line;                // of the file, from 1
} nn_cfg_option;

typedef struct nn_cfg_section {
    const char *type; // "convolutional", without the brackets
    int line;
    int first, count; // its options
} nn_cfg_section;

typedef struct nn_cfg {
    nn_cfg_section *sections;
    nn_cfg_option *options;
    int section_count, option_count;
    char *text; // private: holds all names
} nn_cfg;

// Whether the bytes begin like such a file: with "[net]" or "[network]" behind comments and empty
// lines.
bool nn_cfg_is_one(const void *bytes, size_t size);

// Errors name the line. Free with nn_cfg_release, also after a failure.
nn_status nn_cfg_parse(nn_cfg *cfg, const void *bytes, size_t size, nn_error *err);
void nn_cfg_release(nn_cfg *cfg);

// The first option with this key, as in Darknet; NULL when the section has none.
const nn_cfg_option *nn_cfg_find(const nn_cfg *cfg, const nn_cfg_section *section, const char *key);

#endif
