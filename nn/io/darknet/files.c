// SPDX-License-Identifier: MIT
// The two files of a Darknet network, and its row as a graph format.
#include "nn/io/darknet/cfg.h"
#include "nn/io/darknet/darknet.h"
#include "nn/io/file.h"
#include "nn/io/io.h"

#include <stdio.h>
#include <string.h>

enum { MAX_PATH = 4096 };

static const char CFG[] = ".cfg", WEIGHTS[] = ".weights", NAMES[] = ".names";

// Replaces the ending of a path; false when it has another ending, or the buffer is too small.
static bool change_ending(const char *path, const char *from, const char *to, char *out)
{
    const size_t length = strlen(path), n = strlen(from);
    if (length <= n || strcmp(path + length - n, from) != 0 || length + sizeof WEIGHTS > MAX_PATH)
        return false;
    snprintf(out, MAX_PATH, "%.*s%s", (int)(length - n), path, to);
    return true;
}

static bool begins_as_cfg(const char *path)
{
    nn_file file;
    if (nn_file_map(&file, path, NULL) != NN_OK)
        return false;
    const bool is = nn_cfg_is_one(file.bytes, file.size);
    nn_file_unmap(&file);
    return is;
}

// Weights have no signature: their name identifies them.
bool nn_darknet_probe_file(const char *path)
{
    char cfg[MAX_PATH];
    return change_ending(path, WEIGHTS, CFG, cfg) || begins_as_cfg(path);
}

static nn_status map_other(nn_file *file, const char *path, const char *other, const char *what,
                           nn_error *err)
{
    nn_status status = nn_file_map(file, other, err);
    return status == NN_ENOTFOUND
               ? nn_fail(err, status, "%s: the %s of this Darknet network, %s, are missing", path,
                         what, other)
               : status;
}

// Reads NAME.names, if there is one. Its number of names must match the labels of a detector.
static nn_status read_names(nn_card *card, const char *path, nn_error *err)
{
    const int classes = card->label_count;
    char names[MAX_PATH];
    if (!change_ending(path, CFG, NAMES, names) && !change_ending(path, WEIGHTS, NAMES, names))
        return NN_OK;
    nn_status status = nn_card_read_labels(card, names, err);
    if (status == NN_OK && classes > 0 && card->label_count != classes)
        status = nn_fail(err, NN_EFORMAT, "%s: %d names for %d classes", names, card->label_count,
                         classes);
    return status == NN_ENOTFOUND ? NN_OK : status;
}

nn_status nn_darknet_load(nn_model **out, const char *path, const nn_graph_load_options *options,
                          nn_error *err)
{
    char other[MAX_PATH];
    nn_file cfg = {0}, weights = {0};
    nn_status status;
    *out = NULL;
    if (change_ending(path, WEIGHTS, CFG, other)) {
        status = map_other(&cfg, path, other, "layers", err);
        if (status == NN_OK)
            status = nn_file_map(&weights, path, err);
    } else if (change_ending(path, CFG, WEIGHTS, other)) {
        status = nn_file_map(&cfg, path, err);
        if (status == NN_OK)
            status = map_other(&weights, path, other, "weights", err);
    } else {
        return nn_fail(err, NN_EUNSUPPORTED,
                       "%s: the layers of a Darknet network; its name must end in .cfg, so that "
                       "the weights are found in the .weights beside it",
                       path);
    }
    if (status == NN_OK) {
        status =
            nn_darknet_parse(out, cfg.bytes, cfg.size, weights.bytes, weights.size, options, err);
        if (status != NN_OK)
            nn_fail_prefix(err, status, "%s", path);
    }
    if (status == NN_OK)
        status = read_names(&(*out)->card, path, err);
    nn_file_unmap(&cfg);
    nn_file_unmap(&weights);
    if (status != NN_OK) {
        nn_model_free(*out);
        *out = NULL;
    }
    return status;
}

const nn_graph_format nn_graph_format_darknet = {
    .name = "Darknet",
    .endings = {".cfg", ".weights"},
    .probe_file = nn_darknet_probe_file,
    .load = nn_darknet_load,
};
