// SPDX-License-Identifier: MIT
// Keeps, writes and reads what `train --inspect` saw.
#include "app/report/inspect_record.h"

#include "app/cli/json_file.h"
#include "nn/io/json.h"

#include <glib.h>
#include <math.h>
#include <string.h>

static void release_epoch(app_inspect_epoch *e)
{
    for (int i = 0; i < e->count; i++) {
        g_free(e->layers[i].name);
        g_free(e->layers[i].state);
    }
    g_free(e->layers);
    *e = (app_inspect_epoch){0};
}

void app_inspect_record_release(app_inspect_record *r)
{
    for (int i = 0; i < r->count; i++)
        release_epoch(&r->epochs[i]);
    g_free(r->epochs);
    *r = (app_inspect_record){0};
}

// Takes over the epoch, unless it does not go with the first one.
static void append(app_inspect_record *r, app_inspect_epoch *e)
{
    const app_inspect_epoch *first = r->count > 0 ? &r->epochs[0] : e;
    bool same = e->count == first->count;
    for (int i = 0; i < e->count && same; i++)
        same = strcmp(e->layers[i].name, first->layers[i].name) == 0 &&
               e->layers[i].channels == first->layers[i].channels;
    if (!same) {
        release_epoch(e);
        return;
    }
    r->epochs = g_renew(app_inspect_epoch, r->epochs, r->count + 1);
    r->epochs[r->count++] = *e;
}

// --- writing ---

static app_magnitudes take(const nn_magnitudes *m)
{
    app_magnitudes out = {.norm = m->count > 0 ? m->norm : NAN};
    int64_t sum = 0;
    for (int i = 0; i < NN_MAGNITUDE_BINS; i++)
        sum += m->bin[i];
    for (int i = 0; i < NN_MAGNITUDE_BINS && sum > 0; i++)
        out.part[i] = (float)((double)m->bin[i] / (double)sum);
    return out;
}

static void add_magnitudes(cJSON *item, const char *key, const nn_magnitudes *m)
{
    if (m->count == 0)
        return;
    cJSON *one = cJSON_AddObjectToObject(item, key);
    cJSON *bins = cJSON_CreateArray();
    app_json_add_number(one, "norm", m->norm);
    cJSON_AddNumberToObject(one, "count", (double)m->count);
    cJSON_AddNumberToObject(one, "zeros", (double)m->zeros);
    cJSON_AddNumberToObject(one, "not_finite", (double)m->odd);
    for (int i = 0; i < NN_MAGNITUDE_BINS; i++)
        cJSON_AddItemToArray(bins, cJSON_CreateNumber((double)m->bin[i]));
    cJSON_AddItemToObject(one, "histogram", bins);
}

static void add_channels(cJSON *item, const char *key, const nn_layer_inspection *s, int state)
{
    cJSON *list = cJSON_AddArrayToObject(item, key);
    for (int c = 0; c < s->channels; c++)
        if (s->state[c] == state)
            cJSON_AddItemToArray(list, cJSON_CreateNumber(c));
}

static cJSON *layer_json(const nn_layer_inspection *s)
{
    cJSON *item = cJSON_CreateObject();
    cJSON_AddStringToObject(item, "layer", s->name);
    if (s->channels > 0) {
        cJSON_AddNumberToObject(item, "channels", s->channels);
        cJSON_AddNumberToObject(item, "dead_part", (double)s->dead / s->channels);
        add_channels(item, "dead", s, NN_CHANNEL_DEAD);
        add_channels(item, "saturated", s, NN_CHANNEL_SATURATED);
    }
    add_magnitudes(item, "weights", &s->weight);
    add_magnitudes(item, "gradients", &s->gradient);
    app_json_add_number(item, "update_ratio", s->ratio);
    return item;
}

nn_status app_inspect_record_add(app_inspect_record *r, const nn_inspection *seen,
                                 const nn_train_state *s, char **line, nn_error *err)
{
    const int count = nn_inspection_count(seen);
    app_inspect_epoch e = {s->epoch, s->step, g_new0(app_inspect_layer, count + 1), count};
    cJSON *json = cJSON_CreateObject(), *layers = cJSON_CreateArray();
    cJSON_AddNumberToObject(json, "epoch", s->epoch);
    cJSON_AddNumberToObject(json, "step", (double)s->step);
    cJSON_AddNumberToObject(json, "lowest_exponent", NN_MAGNITUDE_LOW);
    for (int i = 0; i < count; i++) {
        const nn_layer_inspection *l = nn_inspection_at(seen, i);
        e.layers[i] = (app_inspect_layer){.name = g_strdup(l->name),
                                          .channels = l->channels,
                                          .dead = l->dead,
                                          .saturated = l->saturated,
                                          .state = g_memdup2(l->state, (gsize)l->channels),
                                          .weight = take(&l->weight),
                                          .gradient = take(&l->gradient),
                                          .ratio = l->ratio};
        cJSON_AddItemToArray(layers, layer_json(l));
    }
    cJSON_AddItemToObject(json, "layers", layers);
    char *text = cJSON_PrintUnformatted(json);
    *line = g_strdup(text);
    cJSON_free(text);
    cJSON_Delete(json);
    append(r, &e);
    return *line ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory for a line of --inspect");
}

// --- reading ---

static double number_or_nan(const cJSON *item, const char *key)
{
    const cJSON *n = cJSON_GetObjectItemCaseSensitive(item, key);
    return cJSON_IsNumber(n) && isfinite(n->valuedouble) ? n->valuedouble : (double)NAN;
}

static bool read_magnitudes(const cJSON *item, const char *key, app_magnitudes *out)
{
    const cJSON *one = cJSON_GetObjectItemCaseSensitive(item, key), *bin;
    nn_magnitudes m = {.count = 1};
    int i = 0;
    *out = (app_magnitudes){.norm = NAN};
    if (!one)
        return true;
    cJSON_ArrayForEach(bin, cJSON_GetObjectItemCaseSensitive(one, "histogram"))
    {
        if (i == NN_MAGNITUDE_BINS || !nn_json_size(bin, &m.bin[i]))
            return false;
        i++;
    }
    m.norm = number_or_nan(one, "norm");
    *out = take(&m);
    return i == NN_MAGNITUDE_BINS;
}

static bool read_channels(const cJSON *item, const char *key, app_inspect_layer *l, int state,
                          int *count)
{
    const cJSON *one;
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(item, key))
    {
        int64_t c;
        if (!nn_json_size(one, &c) || c >= l->channels || l->state[c] != NN_CHANNEL_ALIVE)
            return false;
        l->state[c] = (uint8_t)state;
        (*count)++;
    }
    return true;
}

static bool read_layer(const cJSON *item, app_inspect_layer *l)
{
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "layer"));
    const cJSON *channels = cJSON_GetObjectItemCaseSensitive(item, "channels");
    int64_t n = 0;
    if (!name || !nn_json_plain_text(name) ||
        (channels && (!nn_json_size(channels, &n) || n > APP_INSPECT_MOST_CHANNELS)))
        return false;
    l->name = g_strdup(name);
    l->channels = (int)n;
    l->state = g_new0(uint8_t, n + 1);
    l->ratio = number_or_nan(item, "update_ratio");
    return read_channels(item, "dead", l, NN_CHANNEL_DEAD, &l->dead) &&
           read_channels(item, "saturated", l, NN_CHANNEL_SATURATED, &l->saturated) &&
           read_magnitudes(item, "weights", &l->weight) &&
           read_magnitudes(item, "gradients", &l->gradient);
}

static bool read_epoch(const cJSON *json, app_inspect_epoch *e)
{
    const cJSON *layers = cJSON_GetObjectItemCaseSensitive(json, "layers"), *item;
    int64_t epoch;
    const int count = cJSON_GetArraySize(layers);
    if (!nn_json_size(cJSON_GetObjectItemCaseSensitive(json, "epoch"), &epoch) ||
        epoch > INT32_MAX ||
        !nn_json_size(cJSON_GetObjectItemCaseSensitive(json, "step"), &e->step) ||
        count > APP_INSPECT_MOST_LAYERS)
        return false;
    e->epoch = (int)epoch;
    e->layers = g_new0(app_inspect_layer, count + 1);
    cJSON_ArrayForEach(item, layers)
    {
        if (!read_layer(item, &e->layers[e->count++]))
            return false;
    }
    return true;
}

nn_status app_inspect_record_read(app_inspect_record *r, const char *line, size_t size,
                                  int64_t step, nn_error *err)
{
    cJSON *json = NULL;
    app_inspect_epoch e = {0};
    nn_status status = nn_json_parse(&json, line, size, err);
    if (status == NN_OK && !read_epoch(json, &e))
        status = nn_fail(err, NN_EFORMAT, "no line that --inspect writes");
    if (status == NN_OK && e.step <= step)
        append(r, &e);
    else
        release_epoch(&e);
    cJSON_Delete(json);
    return status;
}
