// SPDX-License-Identifier: MIT
// Matches the classes of several models by name, and by the rules of --map.
#include "app/label/teacher_classes.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

// The right side of the rule "NAME=..."; NULL: there is none.
static const char *rule_of(const char *name, char *const *rules)
{
    const size_t n = strlen(name);
    for (int i = 0; rules[i]; i++)
        if (strncmp(rules[i], name, n) == 0 && rules[i][n] == '=')
            return rules[i] + n + 1;
    return NULL;
}

// The label for a class of a model; NULL: the class is dropped.
static const char *target_of(const char *name, char *const *rules)
{
    const char *right = rule_of(name, rules);
    if (!right)
        right = rule_of("*", rules);
    if (!right)
        return name;
    return strcmp(right, "ignore") == 0 || strcmp(right, "drop") == 0 ? NULL : right;
}

static bool knows(const nn_names *model, const char *target, char *const *rules)
{
    for (int i = 0; i < model->count; i++) {
        const char *to = target_of(model->name[i], rules);
        if (to && strcmp(to, target) == 0)
            return true;
    }
    return false;
}

static int who_knows(const nn_names *models, int count, const char *target, char *const *rules)
{
    int known = 0;
    for (int i = 0; i < count; i++)
        known += knows(&models[i], target, rules);
    return known;
}

static nn_status share_classes(const nn_names *models, int count, char *const *rules,
                               nn_names *classes, nn_error *err)
{
    nn_status status = NN_OK;
    for (int i = 0; i < models[0].count && status == NN_OK; i++) {
        const char *to = target_of(models[0].name[i], rules);
        if (to && who_knows(models, count, to, rules) == count && nn_names_find(classes, to) < 0)
            status = nn_names_add(classes, to, strlen(to), err);
    }
    if (status == NN_OK && classes->count == 0)
        status = nn_fail(err, NN_EINVAL,
                         "the teachers have no class in common: give --classes and --map");
    return status;
}

static nn_status name_classes(const nn_names *models, int count, const char *wanted,
                              char *const *rules, nn_names *classes, nn_error *err)
{
    nn_status status = nn_names_parse(classes, wanted, err);
    for (int i = 0; i < classes->count && status == NN_OK; i++)
        if (!who_knows(models, count, classes->name[i], rules))
            status = nn_fail(err, NN_EINVAL, "--classes %s: no teacher has the class '%s'", wanted,
                             classes->name[i]);
    return status;
}

static nn_status check_rules(const nn_names *models, int count, char *const *rules, nn_error *err)
{
    for (int i = 0; rules[i]; i++) {
        g_autofree char *left = g_strndup(rules[i], strcspn(rules[i], "="));
        int known = strcmp(left, "*") == 0;
        if (!strchr(rules[i], '='))
            return nn_fail(err, NN_EINVAL, "--map %s: not CLASS=LABEL", rules[i]);
        for (int k = 0; k < count; k++)
            known += nn_names_find(&models[k], left) >= 0;
        if (!known)
            return nn_fail(err, NN_EINVAL, "--map %s: no teacher has the class '%s'", rules[i],
                           left);
    }
    return NN_OK;
}

static void map_model(const nn_names *model, char *const *rules, const nn_names *classes,
                      nn_class_map *map)
{
    map->count = model->count;
    for (int i = 0; i < model->count; i++) {
        const char *to = target_of(model->name[i], rules);
        const int label = to ? nn_names_find(classes, to) : -1;
        map->to[i] = label >= 0 ? label : NN_CLASS_DROP;
    }
}

void label_map_classes(const nn_names *model, const char *rules, const nn_names *classes,
                       nn_class_map *map)
{
    g_auto(GStrv) list = g_strsplit(rules ? rules : "", ",", -1);
    for (int i = 0; list[i]; i++)
        g_strstrip(list[i]);
    map_model(model, list, classes, map);
}

nn_status label_match_classes(const nn_names *models, int count, const char *wanted,
                              const char *rules, nn_names *classes, nn_class_map *maps,
                              nn_error *err)
{
    g_auto(GStrv) list = g_strsplit(rules ? rules : "", ",", -1);
    for (int i = 0; list[i]; i++)
        g_strstrip(list[i]);
    for (int i = 0; i < count; i++)
        if (models[i].count > NN_CLASS_MAX)
            return nn_fail(err, NN_EUNSUPPORTED, "a teacher has %d classes; the limit is %d",
                           models[i].count, NN_CLASS_MAX);
    nn_status status = check_rules(models, count, list, err);
    if (status == NN_OK)
        status = wanted ? name_classes(models, count, wanted, list, classes, err)
                        : share_classes(models, count, list, classes, err);
    for (int i = 0; i < count && status == NN_OK; i++)
        map_model(&models[i], list, classes, &maps[i]);
    return status;
}
