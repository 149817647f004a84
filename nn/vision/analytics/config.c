// SPDX-License-Identifier: MIT
// Reads zones and lines from text, and checks those of all sources.
#include "nn/vision/analytics/config.h"

#include "nn/base/memory.h"
#include "nn/base/option_parts.h"
#include "nn/base/plain_text.h"
#include "nn/base/spelling.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void unset(double setting[NN_SETTINGS])
{
    for (int i = 0; i < NN_SETTINGS; i++)
        setting[i] = -1;
}

void nn_analytics_config_init(nn_analytics_config *c)
{
    *c = (nn_analytics_config){0};
    unset(c->setting);
}

void nn_analytics_config_release(nn_analytics_config *c)
{
    nn_free(c->areas);
    nn_analytics_config_init(c);
}

nn_area_config nn_area_config_new(bool line)
{
    nn_area_config a = {.line = line};
    unset(a.setting);
    return a;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// A part of a text.
typedef struct span {
    const char *at;
    size_t length;
} span;

static span trim(span s)
{
    for (; s.length > 0 && is_blank(s.at[0]); s.at++)
        s.length--;
    while (s.length > 0 && is_blank(s.at[s.length - 1]))
        s.length--;
    return s;
}

// Takes what comes before the next `mark`, or all; false at the end.
static bool take(span *rest, char mark, span *part)
{
    if (!rest->at)
        return false;
    const char *end = memchr(rest->at, mark, rest->length);
    const size_t length = end ? (size_t)(end - rest->at) : rest->length;
    *part = trim((span){rest->at, length});
    *rest = end ? (span){end + 1, rest->length - length - 1} : (span){NULL, 0};
    return true;
}

nn_status nn_area_config_name(nn_area_config *a, const char *name, size_t length, nn_error *err)
{
    if (length >= sizeof a->name)
        return nn_fail(err, NN_EINVAL, "a name of %zu bytes; at most %d", length, NN_AREA_NAME - 1);
    memset(a->name, 0, sizeof a->name);
    memcpy(a->name, name, length);
    if (strlen(a->name) == length && nn_plain_text(a->name))
        return NN_OK;
    a->name[0] = 0;
    return nn_fail(err, NN_EINVAL, "the name of a %s is not plain text (UTF-8)",
                   a->line ? "line" : "zone");
}

nn_status nn_analytics_config_add(nn_analytics_config *c, const nn_area_config *area, nn_error *err)
{
    const char *kind = area->line ? "line" : "zone";
    const nn_point *p = area->shape.point;
    if (!area->name[0])
        return nn_fail(err, NN_EINVAL, "a %s without a name", kind);
    if (!nn_plain_text(area->classes))
        return nn_fail(err, NN_EINVAL, "a class of \"%s\" is not plain text (UTF-8)", area->name);
    for (int i = 0; i < c->count; i++)
        if (strcmp(c->areas[i].name, area->name) == 0)
            return nn_fail(err, NN_EINVAL, "the name \"%s\" is there twice", area->name);
    if (area->line && p[0].x == p[1].x && p[0].y == p[1].y)
        return nn_fail(err, NN_EINVAL, "line \"%s\": both ends are the same point", area->name);
    if (c->count >= NN_AREAS)
        return nn_fail(err, NN_EINVAL, "more than %d zones and lines", NN_AREAS);
    const size_t size = (size_t)c->count * sizeof *area;
    nn_area_config *more = nn_realloc(c->areas, size, size + sizeof *area);
    if (!more)
        return nn_fail(err, NN_ENOMEM, "no memory for %d zones and lines", c->count + 1);
    c->areas = more;
    c->areas[c->count++] = *area;
    return NN_OK;
}

static nn_area_config *find_area(nn_analytics_config *c, const char *name)
{
    for (int i = 0; i < c->count; i++)
        if (strcmp(c->areas[i].name, name) == 0)
            return &c->areas[i];
    return NULL;
}

nn_status nn_analytics_config_put(nn_analytics_config *c, const nn_area_config *area, nn_error *err)
{
    nn_area_config *there = find_area(c, area->name);
    if (!there)
        return nn_analytics_config_add(c, area, err);
    if (there->line != area->line)
        return nn_fail(err, NN_EINVAL, "the name \"%s\" is there as a %s", area->name,
                       there->line ? "line" : "zone");
    there->shape = area->shape;
    return NN_OK;
}

void nn_analytics_config_remove(nn_analytics_config *c, const char *name)
{
    nn_area_config *there = find_area(c, name);
    if (!there)
        return;
    const int at = (int)(there - c->areas);
    memmove(there, there + 1, (size_t)(c->count - at - 1) * sizeof *there);
    c->count--;
}

static nn_status refuse_key(const char *key, nn_error *err)
{
    const char *words[NN_SETTINGS + 2];
    int count = 0;
    words[count++] = "classes";
    words[count++] = "ground";
    for (int i = 0; nn_setting_at(i); i++)
        if (nn_setting_at(i)->key)
            words[count++] = nn_setting_at(i)->key;
    const char *meant = nn_spelling_nearest(key, words, count);
    if (meant)
        return nn_fail(err, NN_EINVAL, "there is no \"%s\"; did you mean \"%s\"?", key, meant);
    char list[160] = "";
    for (int i = 0; i < count; i++) {
        const size_t used = strlen(list), more = strlen(words[i]);
        if (used + more + 3 > sizeof list)
            break;
        memcpy(list + used, i ? ", " : "", i ? 2 : 0);
        memcpy(list + used + (i ? 2 : 0), words[i], more + 1);
    }
    return nn_fail(err, NN_EINVAL, "there is no \"%s\", only %s", key, list);
}

nn_status nn_setting_put(double setting[NN_SETTINGS], const char *key, double value, nn_error *err)
{
    const nn_setting *s;
    for (int i = 0; (s = nn_setting_at(i)); i++) {
        if (!s->key || strcmp(s->key, key) != 0)
            continue;
        if (!(value >= s->least && value <= s->most) || (s->whole && value != floor(value)))
            return nn_fail(err, NN_EINVAL, "%s=%g: it must be a %snumber from %g to %g", key, value,
                           s->whole ? "whole " : "", s->least, s->most);
        setting[i] = value;
        return NN_OK;
    }
    return refuse_key(key, err);
}

static nn_status put_text(nn_area_config *a, const char *key, span text, nn_error *err)
{
    char word[40];
    if (strcmp(key, "ground") == 0) {
        a->has_ground = true;
        return nn_ground_parse(&a->ground, text.at, text.length, err);
    }
    if (strcmp(key, "classes") == 0) {
        if (text.length >= sizeof a->classes)
            return nn_fail(err, NN_EINVAL, "classes: more than %d bytes", NN_AREA_CLASSES - 1);
        memset(a->classes, 0, sizeof a->classes);
        memcpy(a->classes, text.at, text.length);
        return NN_OK;
    }
    if (text.length == 0 || text.length >= sizeof word)
        return nn_fail(err, NN_EINVAL, "%s: a number is missing", key);
    memcpy(word, text.at, text.length);
    word[text.length] = 0;
    const locale_t before = nn_option_enter_plain();
    char *end;
    const double value = strtod(word, &end);
    nn_option_leave_plain(before);
    if (*end || strlen(word) != text.length || !isfinite(value))
        return nn_fail(err, NN_EINVAL, "%s: \"%s\" is not a number", key, word);
    return nn_setting_put(a->setting, key, value, err);
}

static nn_status read_key(nn_area_config *a, span part, nn_error *err)
{
    char key[40];
    const char *equals = memchr(part.at, '=', part.length);
    const span word = trim((span){part.at, equals ? (size_t)(equals - part.at) : 0});
    if (word.length == 0 || word.length >= sizeof key)
        return nn_fail(err, NN_EINVAL, "\"%.*s\" is not KEY=VALUE",
                       (int)(part.length < 40 ? part.length : 40), part.at);
    memcpy(key, word.at, word.length);
    key[word.length] = 0;
    const span value = {equals + 1, (size_t)(part.at + part.length - equals - 1)};
    return put_text(a, key, trim(value), err);
}

static nn_status read_area(nn_area_config *a, span text, nn_error *err)
{
    span name, points = {0}, part;
    if (!take(&text, ':', &name) || !take(&text, ':', &points))
        return nn_fail(err, NN_EINVAL, "\"%.*s\" is not NAME:x,y,x,y,...",
                       (int)(name.length < 40 ? name.length : 40), name.at);
    nn_status status = nn_area_config_name(a, name.at, name.length, err);
    if (status != NN_OK)
        return status;
    status = a->line ? nn_points_parse(&a->shape, points.at, points.length, 2, 2, err)
                     : nn_polygon_parse(&a->shape, points.at, points.length, err);
    while (status == NN_OK && take(&text, ':', &part))
        status = read_key(a, part, err);
    return status == NN_OK
               ? NN_OK
               : nn_fail_prefix(err, status, "%s \"%s\"", a->line ? "line" : "zone", a->name);
}

// The first `before` areas are not from this text: one of them with the same name and kind goes.
static nn_status add_or_replace(nn_analytics_config *c, const nn_area_config *a, int *before,
                                nn_error *err)
{
    const nn_area_config *there = find_area(c, a->name);
    if (there && there - c->areas < *before && there->line == a->line) {
        nn_analytics_config_remove(c, a->name);
        --*before;
    }
    return nn_analytics_config_add(c, a, err);
}

nn_status nn_analytics_config_parse(nn_analytics_config *c, bool lines, const char *text,
                                    nn_error *err)
{
    span rest = {text, text ? strlen(text) : 0}, part;
    int before = c->count;
    nn_status status = NN_OK;
    while (status == NN_OK && take(&rest, ';', &part)) {
        nn_area_config a = nn_area_config_new(lines);
        if (part.length == 0)
            continue;
        status = read_area(&a, part, err);
        if (status == NN_OK)
            status = add_or_replace(c, &a, &before, err);
    }
    return status;
}

nn_status nn_analytics_config_ground(nn_analytics_config *c, const char *text, nn_error *err)
{
    if (!text || !*text)
        return NN_OK;
    c->has_ground = true;
    return nn_ground_parse(&c->ground, text, strlen(text), err);
}
