// SPDX-License-Identifier: MIT
// Finds the format that a model is written in: a row of the formats that are read.
#include "nn/io/save_format.h"

#include "nn/io/format.h"
#include "nn/io/graph_format.h"
#include "nn/io/json.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

// All that are written, one after the other; NULL after the last.
static const nn_save_format *format_at(int i)
{
    for (int k = 0; nn_io_format_at(k); k++)
        if (nn_io_format_at(k)->save && i-- == 0)
            return nn_io_format_at(k)->save;
    for (int k = 0; nn_graph_format_at(k); k++)
        if (nn_graph_format_at(k)->save && i-- == 0)
            return nn_graph_format_at(k)->save;
    return NULL;
}

static bool ends_in(const char *path, const char *ending)
{
    const size_t n = strlen(path), m = strlen(ending);
    return n > m && strcasecmp(path + n - m, ending) == 0;
}

nn_status nn_save_format_of(const nn_save_format **out, const char *path, nn_error *err)
{
    char list[96] = "";
    const nn_save_format *f;
    *out = NULL;
    for (int i = 0; (f = format_at(i)); i++)
        for (int k = 0; k < NN_SAVE_ENDINGS && f->endings[k]; k++) {
            const size_t used = strlen(list);
            snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", f->endings[k]);
            if (ends_in(path, f->endings[k])) {
                *out = f;
                return NN_OK;
            }
        }
    return nn_fail(err, NN_EUNSUPPORTED, "%s: models are written as %s", path, list);
}

nn_status nn_save_check(const char *const *names, const nn_tensor *tensors, int count,
                        const char *const *meta, int meta_count, nn_error *err)
{
    if (count < 0 || meta_count < 0)
        return nn_fail(err, NN_EINVAL, "negative count");
    for (int i = 0; i < count; i++) {
        if (!names[i] || !*names[i] || strlen(names[i]) > 255 || !nn_json_plain_text(names[i]) ||
            strcmp(names[i], "__metadata__") == 0)
            return nn_fail(err, NN_EINVAL, "tensor %d has an unusable name", i);
        nn_status status = nn_shape_check(&tensors[i].shape, tensors[i].dtype, err);
        if (status != NN_OK)
            return nn_fail_prefix(err, status, "tensor '%s'", names[i]);
    }
    for (int i = 0; i < 2 * meta_count; i++)
        if (!meta[i])
            return nn_fail(err, NN_EINVAL, "metadata %d is missing", i / 2);
    return NN_OK;
}
