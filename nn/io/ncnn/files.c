// SPDX-License-Identifier: MIT
// The two files of an ncnn model, and its row as a graph format.
#include "nn/io/file.h"
#include "nn/io/ncnn/ncnn.h"
#include "nn/io/ncnn/net.h"

#include <stdio.h>
#include <string.h>

enum { MAX_PATH = 4096 };

static const char PARAM[] = ".param", BIN[] = ".bin";

// Replaces the ending of a path; false when it has another ending, or the buffer is too small.
static bool change_ending(const char *path, const char *from, const char *to, char *out)
{
    const size_t length = strlen(path), n = strlen(from);
    if (length <= n || strcmp(path + length - n, from) != 0 || length + sizeof PARAM > MAX_PATH)
        return false;
    snprintf(out, MAX_PATH, "%.*s%s", (int)(length - n), path, to);
    return true;
}

static bool begins_as_param(const char *path)
{
    nn_file file;
    if (nn_file_map(&file, path, NULL) != NN_OK)
        return false;
    const bool is = nn_ncnn_is_param(file.bytes, file.size);
    nn_file_unmap(&file);
    return is;
}

// Whether the file begins with the tag of a convolution. Only the .param beside it makes this
// certain.
static bool begins_as_weights(const char *path)
{
    static const uint8_t half[4] = {0x47, 0x6B, 0x30, 0x01}, int8[4] = {0x38, 0x4B, 0x0D, 0x00};
    nn_file file;
    if (nn_file_map(&file, path, NULL) != NN_OK)
        return false;
    const bool is =
        file.size >= 4 && (memcmp(file.bytes, half, 4) == 0 || memcmp(file.bytes, int8, 4) == 0);
    nn_file_unmap(&file);
    return is;
}

bool nn_ncnn_probe_file(const char *path)
{
    char param[MAX_PATH];
    if (begins_as_param(path))
        return true;
    return change_ending(path, BIN, PARAM, param) &&
           (begins_as_param(param) || begins_as_weights(path));
}

static nn_status map_other(nn_file *file, const char *path, const char *other, const char *what,
                           nn_error *err)
{
    nn_status status = nn_file_map(file, other, err);
    return status == NN_ENOTFOUND
               ? nn_fail(err, status, "%s: the %s of this ncnn model, %s, is missing", path, what,
                         other)
               : status;
}

nn_status nn_ncnn_load(nn_model **out, const char *path, const nn_graph_load_options *options,
                       nn_error *err)
{
    char other[MAX_PATH];
    nn_file param = {0}, bin = {0};
    nn_status status;
    *out = NULL;
    if (change_ending(path, BIN, PARAM, other)) {
        status = map_other(&param, path, other, "layers", err);
        if (status == NN_OK)
            status = nn_file_map(&bin, path, err);
    } else if (change_ending(path, PARAM, BIN, other)) {
        status = nn_file_map(&param, path, err);
        if (status == NN_OK)
            status = map_other(&bin, path, other, "weights", err);
    } else {
        return nn_fail(err, NN_EUNSUPPORTED,
                       "%s: the layers of an ncnn model; its name must end in .param, so that the "
                       "weights are found in the .bin beside it",
                       path);
    }
    if (status == NN_OK) {
        status = nn_ncnn_parse(out, param.bytes, param.size, bin.bytes, bin.size, options, err);
        if (status != NN_OK)
            nn_fail_prefix(err, status, "%s", path);
    }
    nn_file_unmap(&param);
    nn_file_unmap(&bin);
    return status;
}

const nn_graph_format nn_graph_format_ncnn = {
    .name = "ncnn",
    .endings = {".param", ".bin"},
    .head = "yolox_legacy", // published models are from YOLOX 0.1
    .probe_file = nn_ncnn_probe_file,
    .load = nn_ncnn_load,
};
