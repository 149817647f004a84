// SPDX-License-Identifier: MIT
// Shared by readers of formats with one label file per picture.
#include "nn/data/label_files.h"

#include "nn/base/memory.h"
#include "nn/io/file.h"
#include "nn/io/text.h"

#include <dirent.h>
#include <string.h>

enum { SAMPLES = 64 };

// Looks at the first pictures of a folder in the order of the directory: this need not be sorted.
static bool has_pair(const char *path, const char *ending)
{
    DIR *handle = opendir(path);
    bool found = false;
    int seen = 0;
    for (struct dirent *e; handle && !found && seen < SAMPLES && (e = readdir(handle));) {
        char name[PATH_MAX];
        const char *dot = strrchr(e->d_name, '.');
        if (!nn_folder_ends(e->d_name, nn_folder_pictures))
            continue;
        seen++;
        found = nn_folder_join(name, NULL, "%.*s%s", (int)(dot - e->d_name), e->d_name, ending) ==
                    NN_OK &&
                nn_folder_has(path, name);
    }
    if (handle)
        closedir(handle);
    return found;
}

bool nn_label_files_beside(const char *path, const char *ending)
{
    nn_names list;
    bool found = has_pair(path, ending);
    if (found || nn_folder_list(&list, path, NULL, NULL) != NN_OK)
        return found;
    for (int i = 0; i < list.count && !found; i++) {
        char below[PATH_MAX];
        found = nn_folder_join(below, NULL, "%s/%s", path, list.name[i]) == NN_OK &&
                has_pair(below, ending);
    }
    nn_names_release(&list);
    return found;
}

nn_status nn_path_folder(char *folder, const char *path, nn_error *err)
{
    const char *slash = strrchr(path, '/');
    return slash ? nn_folder_join(folder, err, "%.*s", slash > path ? (int)(slash - path) : 1, path)
                 : nn_folder_join(folder, err, ".");
}

nn_status nn_label_files_picture(char *picture, const char *labels, nn_error *err)
{
    char folder[PATH_MAX], stem[PATH_MAX], name[PATH_MAX];
    const char *slash = strrchr(labels, '/'), *file = slash ? slash + 1 : labels,
               *dot = strrchr(file, '.');
    nn_status status = nn_path_folder(folder, labels, err);
    if (status == NN_OK)
        status =
            nn_folder_join(stem, err, "%.*s", (int)(dot ? dot - file : (long)strlen(file)), file);
    if (status != NN_OK)
        return status;
    if (!nn_folder_find_picture(name, sizeof name, folder, stem))
        return nn_fail(err, NN_EFORMAT, "%s: no picture of that name beside it", labels);
    return nn_folder_join(picture, err, "%s/%s", folder, name);
}

nn_status nn_json_load(cJSON **json, const char *path, nn_error *err)
{
    nn_file file;
    *json = NULL;
    nn_status status = nn_file_map(&file, path, err);
    if (status != NN_OK)
        return status;
    const char *text = file.bytes ? file.bytes : "";
    size_t size = file.size;
    status = nn_text_skip_mark(&text, &size, err);
    if (status == NN_OK)
        status = nn_json_parse(json, text, size, err);
    nn_file_unmap(&file);
    return status == NN_OK ? NN_OK : nn_fail_prefix(err, status, "%s", path);
}

const char *nn_json_text(const cJSON *object, const char *key)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
}

int64_t nn_json_whole(const cJSON *object, const char *key)
{
    int64_t v;
    return nn_json_size(cJSON_GetObjectItemCaseSensitive(object, key), &v) ? v : -1;
}

static bool read_point(const cJSON *point, float *xy)
{
    if (cJSON_IsObject(point))
        return nn_json_float(cJSON_GetObjectItemCaseSensitive(point, "x"), &xy[0]) &&
               nn_json_float(cJSON_GetObjectItemCaseSensitive(point, "y"), &xy[1]);
    return cJSON_IsArray(point) && nn_json_float(cJSON_GetArrayItem(point, 0), &xy[0]) &&
           nn_json_float(cJSON_GetArrayItem(point, 1), &xy[1]);
}

nn_status nn_json_points(const cJSON *list, float **xy, int *corners, nn_error *err)
{
    const int count = cJSON_IsArray(list) ? cJSON_GetArraySize(list) : 0;
    const cJSON *point;
    *corners = 0;
    *xy = count > 0 ? nn_alloc(2 * (size_t)count * sizeof **xy) : NULL;
    if (count > 0 && !*xy)
        return nn_fail(err, NN_ENOMEM, "no memory for %d corners", count);
    cJSON_ArrayForEach(point, list)
    {
        if (!read_point(point, *xy + 2 * *corners)) {
            *corners = 0;
            return NN_OK;
        }
        ++*corners;
    }
    return NN_OK;
}
