// SPDX-License-Identifier: MIT
// Options of networks as text: "alpha=0.25,classes=3", in every locale.
#include "nn/zoo/heads.h"
#include "nn/zoo/scaling.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum option_type { OPTION_INT, OPTION_FLOAT, OPTION_WORD } option_type;

typedef struct option {
    const char *name;
    option_type type;
    size_t offset;
    double low, high;  // numbers
    const char *words; // OPTION_WORD: the allowed values, separated by commas
    const char *needs; // what a network without it lacks; NULL: nothing to be said
} option;

#define AT(member) offsetof(nn_zoo_options, member)
static const option OPTIONS[] = {
    {"classes", OPTION_INT, AT(classes), 0, 100000, NULL, NULL},
    {"scale", OPTION_WORD, AT(scale), 0, 0, NN_ZOO_SCALES, NULL},
    {"alpha", OPTION_FLOAT, AT(alpha), 0.01, 8, NULL, NULL},
    {"beta", OPTION_FLOAT, AT(beta), 0, 6, NULL, NULL},
    {"attention", OPTION_WORD, AT(attention), 0, 0, "se,cbam,none", NULL},
    {"transformer", OPTION_INT, AT(transformer), 0, 24, NULL, NULL},
    {"stochastic_depth", OPTION_FLOAT, AT(stochastic_depth), 0, 0.9, NULL,
     "residual sums, whose branches it leaves out"},
    {"drop", OPTION_FLOAT, AT(drop), 0, 2, NULL, NULL},
    {"aux", OPTION_INT, AT(aux), 0, 1, NULL, NULL},
    {"levels", OPTION_WORD, AT(levels), 0, 0, "8,4,16,32,8+16,4+8,16+32,4+8+16,8+16+32", NULL},
    {"neck", OPTION_INT, AT(neck), 1, 1024, NULL, NULL},
    {"keypoints", OPTION_INT, AT(keypoints), 1, 256, NULL, NULL},
    {"prototypes", OPTION_INT, AT(prototypes), 1, 256, NULL, NULL},
    {"factor", OPTION_INT, AT(factor), 2, 4, NULL, NULL},
    {"embed", OPTION_INT, AT(embed), 1, 4096, NULL, NULL},
    {"text_width", OPTION_INT, AT(text_width), 1, 4096, NULL, NULL},
    {"text_layers", OPTION_INT, AT(text_layers), 0, 48, NULL, NULL},
    {"context", OPTION_INT, AT(context), 2, 1024, NULL, NULL},
    {"vocabulary", OPTION_INT, AT(vocabulary), 2, 1 << 17, NULL, NULL},
    {"stem", OPTION_WORD, AT(stem), 0, 0, "large,small", NULL},
};
#undef AT
enum { OPTION_COUNT = sizeof OPTIONS / sizeof *OPTIONS };

// Whether `word` of `length` bytes is in the comma-separated `list`.
static bool is_listed(const char *list, const char *word, size_t length)
{
    while (*list) {
        size_t n = strcspn(list, ",");
        if (n == length && memcmp(list, word, n) == 0)
            return true;
        list += n + (list[n] == ',');
    }
    return false;
}

static bool applies(const nn_zoo_net *net, const nn_zoo_head *head, const char *key, size_t length)
{
    return is_listed(net->option_names, key, length) ||
           (head && is_listed(head->option_names, key, length));
}

enum { MAX_DIGITS = 17 }; // more digits than doubles have

// Parses digits with at most one point; strtod would depend on the locale. False for other texts.
static bool read_number(const char *text, size_t length, double *out)
{
    double value = 0, place = 0;
    int digits = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '.' && place == 0) {
            place = 1;
            continue;
        }
        if (text[i] < '0' || text[i] > '9' || ++digits > MAX_DIGITS)
            return false;
        value = 10 * value + (text[i] - '0');
        place *= 10;
    }
    *out = place > 0 ? value / place : value;
    return digits > 0;
}

static bool set_option(const option *o, nn_zoo_options *out, const char *text, size_t length)
{
    char *to = (char *)out + o->offset;
    if (o->type == OPTION_WORD) {
        if (!is_listed(o->words, text, length))
            return false;
        memcpy(to, text, length);
        to[length] = '\0';
        return true;
    }
    double v;
    if (!read_number(text, length, &v) || v < o->low || v > o->high)
        return false;
    if (o->type == OPTION_FLOAT)
        *(float *)to = (float)v;
    else if (v == (double)(int)v)
        *(int *)to = (int)v;
    else
        return false;
    return true;
}

static nn_status fail_value(const nn_zoo_net *net, const option *o, const char *text, size_t length,
                            nn_error *err)
{
    int shown = length > 40 ? 40 : (int)length;
    if (o->type == OPTION_WORD)
        return nn_fail(err, NN_EINVAL, "%s: %s=%.*s is not one of %s", net->name, o->name, shown,
                       text, o->words);
    return nn_fail(err, NN_EINVAL, "%s: %s=%.*s is not %s from %g to %g", net->name, o->name, shown,
                   text, o->type == OPTION_INT ? "a whole number" : "a number", o->low, o->high);
}

static const option *find_option(const char *key, size_t length)
{
    for (int i = 0; i < OPTION_COUNT; i++)
        if (strlen(OPTIONS[i].name) == length && memcmp(OPTIONS[i].name, key, length) == 0)
            return &OPTIONS[i];
    return NULL;
}

static nn_status fail_unknown(const nn_zoo_net *net, const nn_zoo_head *head, const char *key,
                              size_t length, nn_error *err)
{
    const option *o = find_option(key, length);
    const char *needs = o ? o->needs : NULL;
    return nn_fail(err, NN_EINVAL, "%s has no option '%.*s'%s%s; it has %s%s%s", net->name,
                   length > 40 ? 40 : (int)length, key, needs ? ", which needs " : "",
                   needs ? needs : "", net->option_names, head ? "," : "",
                   head ? head->option_names : "");
}

static bool is_given(uint32_t given, const char *name)
{
    return given >> (find_option(name, strlen(name)) - OPTIONS) & 1;
}

// Sets what follows from other options where it was not given itself; bit i of `given`: option i
// was. A scale is one network only, so other multipliers beside it are refused.
static nn_status complete(const nn_zoo_net *net, nn_zoo_options *o, uint32_t given, nn_error *err)
{
    if (!is_given(given, "stochastic_depth"))
        o->stochastic_depth *= o->drop;
    if (!net->scaling || !o->scale[0])
        return NN_OK;
    float alpha, beta;
    nn_zoo_scale(net->scaling, nn_zoo_scale_phi(o->scale), &alpha, &beta);
    if ((is_given(given, "alpha") && o->alpha != alpha) ||
        (is_given(given, "beta") && o->beta != beta))
        return nn_fail(err, NN_EINVAL,
                       "%s: scale=%s is alpha=%g,beta=%g; leave out scale to choose them",
                       net->name, o->scale, (double)alpha, (double)beta);
    o->alpha = alpha;
    o->beta = beta;
    return NN_OK;
}

nn_status nn_zoo_parse_options(const nn_zoo_net *net, const nn_zoo_head *head, const char *text,
                               nn_zoo_options *out, nn_error *err)
{
    uint32_t given = 0;
    *out = net->defaults;
    if (head)
        head->defaults(out);
    while (*text) {
        size_t length = strcspn(text, ","), key = strcspn(text, "=,");
        const option *o = applies(net, head, text, key) ? find_option(text, key) : NULL;
        if (!o)
            return fail_unknown(net, head, text, key, err);
        const char *value = key < length ? text + key + 1 : text + length;
        size_t value_length = (size_t)(text + length - value);
        if (!set_option(o, out, value, value_length))
            return fail_value(net, o, value, value_length, err);
        given |= 1u << (o - OPTIONS);
        text += length + (text[length] == ',');
    }
    return complete(net, out, given, err);
}

nn_status nn_zoo_input_size(const nn_zoo_net *net, const nn_zoo_head *head, const char *options,
                            int *width, int *height, nn_error *err)
{
    nn_zoo_options o;
    const nn_status status = nn_zoo_parse_options(net, head, options, &o, err);
    if (status != NN_OK)
        return status;
    *width = *width > 0 ? *width : net->input_w;
    *height = *height > 0 ? *height : net->input_h;
    if (net->scaling && o.scale[0]) {
        *width = nn_zoo_scale_side(net->scaling, nn_zoo_scale_phi(o.scale), *width);
        *height = nn_zoo_scale_side(net->scaling, nn_zoo_scale_phi(o.scale), *height);
    }
    return NN_OK;
}

static void format_value(const option *o, const char *from, char *buf, size_t size)
{
    if (o->type == OPTION_WORD) {
        snprintf(buf, size, "%s", from);
        return;
    }
    if (o->type == OPTION_INT) {
        snprintf(buf, size, "%d", *(const int *)from);
        return;
    }
    // As many decimals as are needed to read the same number again, without an exponent. A locale
    // may write 0,25.
    const float v = *(const float *)from;
    for (int decimals = 0; decimals < MAX_DIGITS; decimals++) {
        snprintf(buf, size, "%.*f", decimals, (double)v);
        if ((float)strtod(buf, NULL) == v)
            break;
    }
    char *comma = strchr(buf, ',');
    if (comma)
        *comma = '.';
}

void nn_zoo_format_options(const nn_zoo_net *net, const nn_zoo_head *head, const nn_zoo_options *o,
                           char *buf, size_t size)
{
    size_t used = 0;
    if (size > 0)
        buf[0] = '\0';
    for (int i = 0; i < OPTION_COUNT; i++) {
        const char *name = OPTIONS[i].name;
        const char *from = (const char *)o + OPTIONS[i].offset;
        if (!applies(net, head, name, strlen(name)) || (OPTIONS[i].type == OPTION_WORD && !*from))
            continue;
        char value[32];
        format_value(&OPTIONS[i], from, value, sizeof value);
        if (used < size)
            used +=
                (size_t)snprintf(buf + used, size - used, "%s%s=%s", used ? "," : "", name, value);
    }
}
