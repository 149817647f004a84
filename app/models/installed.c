// SPDX-License-Identifier: MIT
// Walks the folders of models.
#include "app/models/installed.h"

#include "nn/io/io.h"

#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

static const char ENDING[] = ".safetensors";

static const struct {
    const char *name, *sum;
} shipped[] = {
#define ASSET_MODEL(name, sum) {name, sum},
#include "assets/model_sums.inc"
#undef ASSET_MODEL
};

static const char *shipped_sum(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(shipped); i++)
        if (strcmp(shipped[i].name, name) == 0)
            return shipped[i].sum;
    return NULL;
}

static void free_model(void *data)
{
    app_installed *m = data;
    g_free(m->name);
    g_free(m->path);
    g_free(m);
}

static bool has_name(const GPtrArray *list, const char *name)
{
    for (guint i = 0; i < list->len; i++)
        if (strcmp(((const app_installed *)g_ptr_array_index(list, i))->name, name) == 0)
            return true;
    return false;
}

static void add_file(GPtrArray *list, const char *folder, const char *file)
{
    struct stat s;
    g_autofree char *path = g_build_filename(folder, file, NULL);
    g_autofree char *name = g_strndup(file, strlen(file) - strlen(ENDING));
    if (!*name || has_name(list, name) || stat(path, &s) != 0 || !S_ISREG(s.st_mode))
        return;
    app_installed *m = g_new0(app_installed, 1);
    m->shipped = shipped_sum(name);
    m->name = g_steal_pointer(&name);
    m->path = g_steal_pointer(&path);
    m->bytes = s.st_size;
    m->changed = (gint64)s.st_mtim.tv_sec * G_USEC_PER_SEC + s.st_mtim.tv_nsec / 1000;
    g_ptr_array_add(list, m);
}

static int by_name(const void *a, const void *b)
{
    const app_installed *x = *(const app_installed *const *)a;
    const app_installed *y = *(const app_installed *const *)b;
    return strcmp(x->name, y->name);
}

GPtrArray *app_installed_list(void)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(free_model);
    char folder[4096];
    for (int i = 0; nn_model_folder(i, folder, sizeof folder); i++) {
        g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
        const char *file;
        while (dir && (file = g_dir_read_name(dir)))
            if (g_str_has_suffix(file, ENDING))
                add_file(list, folder, file);
    }
    g_ptr_array_sort(list, by_name);
    return list;
}

char *app_installed_sum(const app_installed *m)
{
    g_autofree char *text = NULL;
    gsize size = 0;
    if (!g_file_get_contents(m->path, &text, &size, NULL))
        return NULL;
    return g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)text, size);
}
