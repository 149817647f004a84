// SPDX-License-Identifier: MIT
// Reads zones and lines from a JSON file.
#include "nn/io/analytics_file.h"

#include "nn/base/option_parts.h"
#include "nn/io/file.h"
#include "nn/io/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { POINTS_TEXT = NN_POLYGON_POINTS * 2 * 24 };

// Appends a number in plain digits; false when it is none, or there is no room.
static bool append(char *text, size_t size, const cJSON *item)
{
    const size_t used = strlen(text);
    if (!cJSON_IsNumber(item) || !isfinite(item->valuedouble) || fabs(item->valuedouble) > 1e7)
        return false;
    const locale_t before = nn_option_enter_plain();
    const int n = snprintf(text + used, size - used, "%s%.9f", used ? "," : "", item->valuedouble);
    nn_option_leave_plain(before);
    return n > 0 && (size_t)n < size - used;
}

// Points as text, for the one reader of points: [[x,y],...].
static nn_status write_points(const cJSON *list, char *text, size_t size, nn_error *err)
{
    const cJSON *point;
    text[0] = 0;
    if (!cJSON_IsArray(list))
        return nn_fail(err, NN_EFORMAT, "points must be a list such as [[0.1, 0.5], [0.9, 0.5]]");
    if (cJSON_GetArraySize(list) > NN_POLYGON_POINTS)
        return nn_fail(err, NN_EINVAL, "more than %d points", NN_POLYGON_POINTS);
    cJSON_ArrayForEach(point, list)
    {
        if (!cJSON_IsArray(point) || cJSON_GetArraySize(point) != 2 ||
            !append(text, size, point->child) || !append(text, size, point->child->next))
            return nn_fail(err, NN_EFORMAT, "a point must be two numbers, [x, y]");
    }
    return NN_OK;
}

static nn_status read_points(nn_area_config *a, const cJSON *list, nn_error *err)
{
    char text[POINTS_TEXT];
    nn_status status = write_points(list, text, sizeof text, err);
    if (status != NN_OK)
        return status;
    return a->line ? nn_points_parse(&a->shape, text, strlen(text), 2, 2, err)
                   : nn_polygon_parse(&a->shape, text, strlen(text), err);
}

static nn_status read_ground(nn_ground_points *g, const cJSON *object, nn_error *err)
{
    char text[POINTS_TEXT];
    const cJSON *image = cJSON_GetObjectItemCaseSensitive(object, "image");
    const cJSON *metres = cJSON_GetObjectItemCaseSensitive(object, "metres"), *point;
    if (!cJSON_IsArray(image) || !cJSON_IsArray(metres) || cJSON_GetArraySize(metres) != 4)
        return nn_fail(err, NN_EFORMAT,
                       "\"ground\" needs four points in \"image\" and four in \"metres\"");
    nn_status status = write_points(image, text, sizeof text, err);
    if (status == NN_OK)
        status = nn_points_parse(&g->image, text, strlen(text), 4, 4, err);
    int i = 0;
    cJSON_ArrayForEach(point, metres)
    {
        if (!cJSON_IsArray(point) || cJSON_GetArraySize(point) != 2 ||
            !cJSON_IsNumber(point->child) || !cJSON_IsNumber(point->child->next) ||
            !(fabs(point->child->valuedouble) <= 1e6) ||
            !(fabs(point->child->next->valuedouble) <= 1e6))
            return nn_fail(err, NN_EFORMAT, "a place on the ground must be two numbers of metres");
        g->metres[i][0] = point->child->valuedouble;
        g->metres[i++][1] = point->child->next->valuedouble;
    }
    return status == NN_OK ? nn_ground_check(g, err) : status;
}

static nn_status read_classes(nn_area_config *a, const cJSON *list, nn_error *err)
{
    const cJSON *item;
    if (!cJSON_IsArray(list))
        return nn_fail(err, NN_EFORMAT, "\"classes\" must be a list of texts");
    a->classes[0] = 0;
    cJSON_ArrayForEach(item, list)
    {
        const size_t used = strlen(a->classes);
        if (!cJSON_IsString(item) || !item->valuestring[0] || strchr(item->valuestring, ','))
            return nn_fail(err, NN_EFORMAT, "a class must be a text without commas");
        const int n = snprintf(a->classes + used, sizeof a->classes - used, "%s%s", used ? "," : "",
                               item->valuestring);
        if (n < 0 || (size_t)n >= sizeof a->classes - used)
            return nn_fail(err, NN_EINVAL, "classes: more than %d bytes", NN_AREA_CLASSES - 1);
    }
    return NN_OK;
}

static nn_status read_number(double setting[NN_SETTINGS], const cJSON *item, nn_error *err)
{
    if (!nn_json_plain_text(item->string))
        return nn_fail(err, NN_EFORMAT, "the name of a member is not plain text");
    return nn_setting_put(setting, item->string, cJSON_IsNumber(item) ? item->valuedouble : NAN,
                          err);
}

static nn_status read_member(nn_area_config *a, const cJSON *item, nn_error *err)
{
    const char *key = item->string;
    if (strcmp(key, "name") == 0)
        return cJSON_IsString(item)
                   ? nn_area_config_name(a, item->valuestring, strlen(item->valuestring), err)
                   : nn_fail(err, NN_EFORMAT, "\"name\" must be a text");
    if (strcmp(key, "points") == 0)
        return read_points(a, item, err);
    if (strcmp(key, "classes") == 0)
        return read_classes(a, item, err);
    if (strcmp(key, "ground") == 0) {
        a->has_ground = true;
        return read_ground(&a->ground, item, err);
    }
    return read_number(a->setting, item, err);
}

static nn_status read_area(nn_analytics_config *c, const cJSON *object, bool line, nn_error *err)
{
    nn_area_config a = nn_area_config_new(line);
    const cJSON *item;
    nn_status status = NN_OK;
    if (!cJSON_IsObject(object))
        return nn_fail(err, NN_EFORMAT, "it is not an object");
    cJSON_ArrayForEach(item, object)
    {
        status = status == NN_OK ? read_member(&a, item, err) : status;
    }
    if (status == NN_OK && a.shape.count == 0)
        status = nn_fail(err, NN_EFORMAT, "\"points\" is missing");
    if (status == NN_OK)
        return nn_analytics_config_add(c, &a, err);
    return nn_json_plain_text(a.name) && a.name[0] ? nn_fail_prefix(err, status, "\"%s\"", a.name)
                                                   : status;
}

static nn_status read_areas(nn_analytics_config *c, const cJSON *list, bool lines, nn_error *err)
{
    const cJSON *item;
    int i = 0;
    if (!cJSON_IsArray(list))
        return nn_fail(err, NN_EFORMAT, "\"%s\" must be a list", list->string);
    cJSON_ArrayForEach(item, list)
    {
        i++;
        nn_status status = read_area(c, item, lines, err);
        if (status != NN_OK)
            return nn_fail_prefix(err, status, "%s %d", lines ? "line" : "zone", i);
    }
    return NN_OK;
}

static nn_status read_all(nn_analytics_config *c, const cJSON *root, nn_error *err)
{
    const cJSON *item;
    nn_status status = NN_OK;
    if (!cJSON_IsObject(root))
        return nn_fail(err, NN_EFORMAT, "no object with \"zones\" and \"lines\"");
    cJSON_ArrayForEach(item, root)
    {
        const bool zones = strcmp(item->string, "zones") == 0;
        if (zones || strcmp(item->string, "lines") == 0) {
            status = read_areas(c, item, !zones, err);
        } else if (strcmp(item->string, "ground") == 0) {
            c->has_ground = true;
            status = read_ground(&c->ground, item, err);
        } else {
            status = read_number(c->setting, item, err);
        }
        if (status != NN_OK)
            return status;
    }
    return NN_OK;
}

nn_status nn_analytics_config_read(nn_analytics_config *c, const char *text, size_t size,
                                   nn_error *err)
{
    cJSON *root = NULL;
    nn_status status = nn_json_parse(&root, text, size, err);
    if (status == NN_OK)
        status = read_all(c, root, err);
    cJSON_Delete(root);
    return status;
}

nn_status nn_analytics_config_load(nn_analytics_config *c, const char *path, nn_error *err)
{
    nn_file file;
    nn_status status = nn_file_map(&file, path, err);
    if (status != NN_OK)
        return status;
    status = nn_analytics_config_read(c, file.bytes, file.size, err);
    nn_file_unmap(&file);
    return status == NN_OK ? NN_OK : nn_fail_prefix(err, status, "%s", path);
}
