// SPDX-License-Identifier: MIT
// Reads the scores of a model, class by class.
#include "app/learn/score.h"

#include "nn/io/file.h"
#include "nn/io/json.h"

#include <math.h>

static double number(const cJSON *object, const char *key)
{
    float value = 0;
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    return item && nn_json_float(item, &value) ? (double)value : 0;
}

nn_status learn_score_parse(learn_score *s, const char *text, size_t size, const nn_names *classes,
                            double *objects, nn_error *err)
{
    cJSON *json = NULL;
    *s = (learn_score){0};
    nn_status status = nn_json_parse(&json, text, size, err);
    if (status != NN_OK)
        return status;
    const cJSON *of = cJSON_GetObjectItemCaseSensitive(json, "classes");
    if (!cJSON_IsObject(of))
        status = nn_fail(err, NN_EFORMAT, "no scores of classes");
    double sum = 0;
    for (int i = 0; status == NN_OK && i < classes->count; i++) {
        const cJSON *one = cJSON_GetObjectItemCaseSensitive(of, classes->name[i]);
        objects[i] = fmax(objects[i], number(one, "objects"));
        s->classes += objects[i] > 0;
        if (objects[i] > 0)
            sum += fmin(fmax(number(one, "ap50"), 0), 1);
    }
    s->ap50 = s->classes ? sum / s->classes : 0;
    s->infer_ms = number(json, "infer_ms");
    s->pictures = (int)fmin(fmax(number(json, "pictures"), 0), 1e9);
    cJSON_Delete(json);
    return status;
}

nn_status learn_score_read(learn_score *s, const char *path, const nn_names *classes,
                           double *objects, nn_error *err)
{
    nn_file file;
    nn_status status = nn_file_map(&file, path, err);
    if (status != NN_OK)
        return status;
    status = learn_score_parse(s, file.bytes, file.size, classes, objects, err);
    nn_file_unmap(&file);
    return status == NN_OK ? NN_OK : nn_fail_prefix(err, status, "%s", path);
}
