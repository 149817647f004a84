// SPDX-License-Identifier: MIT
// Collects copies of tensors, and writes them.
#include "app/visualize/raw.h"

#include "nn/io/io.h"

#include <glib.h>
#include <string.h>

struct app_raw {
    GPtrArray *names, *meta; // meta: key, value, key, value ...
    GArray *tensors;
    bool keeps; // tensors
};

app_raw *app_raw_new(bool tensors)
{
    app_raw *r = g_new0(app_raw, 1);
    r->keeps = tensors;
    r->names = g_ptr_array_new_with_free_func(g_free);
    r->meta = g_ptr_array_new_with_free_func(g_free);
    r->tensors = g_array_new(FALSE, FALSE, sizeof(nn_tensor));
    return r;
}

void app_raw_free(app_raw *r)
{
    if (!r)
        return;
    for (guint i = 0; i < r->tensors->len; i++)
        g_free(g_array_index(r->tensors, nn_tensor, i).data);
    g_array_free(r->tensors, TRUE);
    g_ptr_array_free(r->names, TRUE);
    g_ptr_array_free(r->meta, TRUE);
    g_free(r);
}

void app_raw_add(app_raw *r, const nn_tensor *t, const char *format, ...)
{
    va_list list;
    if (!r || !r->keeps)
        return;
    va_start(list, format);
    g_ptr_array_add(r->names, g_strdup_vprintf(format, list));
    va_end(list);
    nn_tensor copy = *t;
    copy.data = g_memdup2(t->data, nn_tensor_bytes(t));
    g_array_append_val(r->tensors, copy);
}

void app_raw_note(app_raw *r, const char *key, const char *format, ...)
{
    va_list list;
    if (!r)
        return;
    va_start(list, format);
    char *text = g_strdup_vprintf(format, list);
    va_end(list);
    for (guint i = 0; i < r->meta->len; i += 2)
        if (strcmp(r->meta->pdata[i], key) == 0) {
            g_free(r->meta->pdata[i + 1]);
            r->meta->pdata[i + 1] = text;
            return;
        }
    g_ptr_array_add(r->meta, g_strdup(key));
    g_ptr_array_add(r->meta, text);
}

cJSON *app_raw_json(const app_raw *r)
{
    cJSON *json = cJSON_CreateObject();
    for (guint i = 0; i < r->meta->len; i += 2) {
        const char *key = r->meta->pdata[i], *text = r->meta->pdata[i + 1];
        char *end;
        const double number = g_ascii_strtod(text, &end);
        if (*text && !*end)
            cJSON_AddNumberToObject(json, key, number);
        else
            cJSON_AddStringToObject(json, key, text);
    }
    return json;
}

nn_status app_raw_save(const app_raw *r, const char *path, nn_error *err)
{
    return nn_bundle_save(path, (const char *const *)r->names->pdata,
                          (const nn_tensor *)(void *)r->tensors->data, (int)r->tensors->len,
                          (const char *const *)r->meta->pdata, (int)r->meta->len / 2, err);
}
