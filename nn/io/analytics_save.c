// SPDX-License-Identifier: MIT
// Writes zones and lines as a JSON file that nn_analytics_config_load reads.
#include "nn/base/memory.h"
#include "nn/io/analytics_file.h"
#include "nn/io/file.h"
#include "nn/io/json.h"

#include <string.h>

static bool add(cJSON *object, const char *key, cJSON *item)
{
    if (item && cJSON_AddItemToObject(object, key, item))
        return true;
    cJSON_Delete(item);
    return false;
}

static bool append(cJSON *list, cJSON *item)
{
    if (item && cJSON_AddItemToArray(list, item))
        return true;
    cJSON_Delete(item);
    return false;
}

// A list [x, y]; NULL when memory is short.
static cJSON *pair(cJSON *x, cJSON *y)
{
    cJSON *p = cJSON_CreateArray();
    if (p && x && y && cJSON_AddItemToArray(p, x) && cJSON_AddItemToArray(p, y))
        return p;
    if (p && p->child != x)
        cJSON_Delete(x);
    cJSON_Delete(p);
    cJSON_Delete(y);
    return NULL;
}

static cJSON *points_of(const nn_polygon *shape)
{
    cJSON *list = cJSON_CreateArray();
    bool ok = list != NULL;
    for (int i = 0; ok && i < shape->count; i++)
        ok = append(list, pair(nn_json_make_float(shape->point[i].x),
                               nn_json_make_float(shape->point[i].y)));
    if (ok)
        return list;
    cJSON_Delete(list);
    return NULL;
}

static cJSON *ground_of(const nn_ground_points *g)
{
    cJSON *o = cJSON_CreateObject(), *metres = cJSON_CreateArray();
    bool ok = o && metres && add(o, "image", points_of(&g->image));
    for (int i = 0; ok && i < 4; i++)
        ok = append(metres,
                    pair(cJSON_CreateNumber(g->metres[i][0]), cJSON_CreateNumber(g->metres[i][1])));
    if (ok && add(o, "metres", metres))
        return o;
    if (!ok)
        cJSON_Delete(metres);
    cJSON_Delete(o);
    return NULL;
}

static bool add_settings(cJSON *o, const double setting[NN_SETTINGS])
{
    for (int i = 0; nn_setting_at(i); i++)
        if (nn_setting_at(i)->key && setting[i] >= 0 &&
            !add(o, nn_setting_at(i)->key, cJSON_CreateNumber(setting[i])))
            return false;
    return true;
}

// "person,car" as a list.
static bool add_classes(cJSON *o, const char *classes)
{
    cJSON *list = cJSON_CreateArray();
    char word[NN_AREA_CLASSES];
    bool ok = list != NULL;
    for (const char *at = classes; ok && *at;) {
        const size_t n = strcspn(at, ",");
        memcpy(word, at, n);
        word[n] = 0;
        ok = append(list, cJSON_CreateString(word));
        at += n + (at[n] == ',');
    }
    if (ok)
        return add(o, "classes", list);
    cJSON_Delete(list);
    return false;
}

static cJSON *area_of(const nn_area_config *a)
{
    cJSON *o = cJSON_CreateObject();
    if (o && add(o, "name", cJSON_CreateString(a->name)) &&
        add(o, "points", points_of(&a->shape)) && (!a->classes[0] || add_classes(o, a->classes)) &&
        add_settings(o, a->setting) && (!a->has_ground || add(o, "ground", ground_of(&a->ground))))
        return o;
    cJSON_Delete(o);
    return NULL;
}

static cJSON *areas_of(const nn_analytics_config *c, bool lines)
{
    cJSON *list = cJSON_CreateArray();
    bool ok = list != NULL;
    for (int i = 0; ok && i < c->count; i++)
        ok = c->areas[i].line != lines || append(list, area_of(&c->areas[i]));
    if (ok)
        return list;
    cJSON_Delete(list);
    return NULL;
}

nn_status nn_analytics_config_save(const nn_analytics_config *c, const char *path, nn_error *err)
{
    cJSON *root = cJSON_CreateObject();
    char *text = NULL;
    if (root && add(root, "zones", areas_of(c, false)) && add(root, "lines", areas_of(c, true)) &&
        (!c->has_ground || add(root, "ground", ground_of(&c->ground))) &&
        add_settings(root, c->setting))
        text = nn_json_print(root);
    cJSON_Delete(root);
    if (!text)
        return nn_fail(err, NN_ENOMEM, "no memory to write '%s'", path);
    const nn_status status = nn_file_write(path, &(nn_file_part){text, strlen(text)}, 1, err);
    nn_free(text);
    return status;
}
