// SPDX-License-Identifier: MIT
// Measures models, and keeps the figures in a file of the user's cache.
#include "app/models/speed.h"

#include "app/cli/json_file.h"
#include "app/cli/progress.h"
#include "nn/kernels/kernels.h"

#include <errno.h>
#include <math.h>

enum { LEAST_RUNS = 3, WARM_RUNS = 2, MOST_RUNS = 500, MOST_BYTES = 1 << 20 };
#define SECONDS 0.5

static char *cache_path(void)
{
    return g_build_filename(g_get_user_cache_dir(), "neroscale", "speed.json", NULL);
}

cJSON *app_speed_load(void)
{
    g_autofree char *path = cache_path();
    g_autofree char *text = NULL;
    gsize size = 0;
    if (!g_file_get_contents(path, &text, &size, NULL) || size > MOST_BYTES)
        return NULL;
    cJSON *json = cJSON_ParseWithLength(text, size);
    if (cJSON_IsObject(json))
        return json;
    cJSON_Delete(json);
    return NULL;
}

// What a figure is valid for (g_free).
static char *key_of(const app_installed *m, int threads)
{
    return g_strdup_printf("%s|%" G_GINT64_FORMAT "|%" G_GINT64_FORMAT "|%s|%d threads|%s", m->path,
                           m->bytes, m->changed, nn_cpu_name(nn_kernels_level()), threads,
                           NN_VERSION);
}

double app_speed_find(const cJSON *known, const app_installed *m, int threads)
{
    g_autofree char *key = key_of(m, threads);
    const cJSON *ms = known ? cJSON_GetObjectItemCaseSensitive(known, key) : NULL;
    return cJSON_IsNumber(ms) && isfinite(ms->valuedouble) && ms->valuedouble > 0 ? ms->valuedouble
                                                                                  : 0;
}

void app_speed_add(cJSON **known, const app_installed *m, int threads, double ms)
{
    g_autofree char *key = key_of(m, threads);
    if (!*known)
        *known = cJSON_CreateObject();
    cJSON_DeleteItemFromObjectCaseSensitive(*known, key);
    cJSON_AddNumberToObject(*known, key, ms);
}

nn_status app_speed_save(const cJSON *known, nn_error *err)
{
    g_autofree char *path = cache_path();
    g_autofree char *folder = g_path_get_dirname(path);
    if (g_mkdir_with_parents(folder, 0700) != 0)
        return nn_fail(err, NN_EIO, "%s: %s", folder, g_strerror(errno));
    return app_json_write(known, path, err);
}

nn_status app_speed_measure(double *ms, app_speed_run *run, void *ctx, nn_error *err)
{
    nn_status status = NN_OK;
    double best = INFINITY, spent = 0;
    for (int i = -WARM_RUNS; i < MOST_RUNS && status == NN_OK; i++) {
        const double begin = app_now();
        status = run(ctx, err);
        const double took = app_now() - begin;
        if (i < 0)
            continue;
        best = fmin(best, took);
        spent += took;
        if (i + 1 >= LEAST_RUNS && spent > SECONDS)
            break;
    }
    *ms = 1000 * best;
    return status;
}
