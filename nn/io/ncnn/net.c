// SPDX-License-Identifier: MIT
// Reads the text of an ncnn .param file.
#include "nn/io/ncnn/net.h"

#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/io/json.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_BYTES = 64 << 20,
    MAX_LAYERS = 20000,
    MAX_BLOBS = 100000,
    MAX_NAME = 200,
    MAX_LINKS = 1024,  // inputs or outputs of a layer
    MAX_ID = 31,       // ncnn's NCNN_MAX_PARAM_COUNT
    ARRAY_ID = -23300, // `-23310=2,1,0` is field 10, an array of 2
};

typedef struct capacities {
    int links, fields, numbers;
} capacities;

typedef struct parser {
    nn_ncnn_net *net;
    capacities room;
    int *slots; // hash table of blobs by name, -1: free; slot_count is a power of two
    size_t slot_count;
    char *next; // first line that is not parsed yet
    int line;
    nn_error *err;
} parser;

bool nn_ncnn_is_param(const void *bytes, size_t size)
{
    const size_t n = sizeof NN_NCNN_MAGIC - 1;
    return size > n && memcmp(bytes, NN_NCNN_MAGIC, n) == 0 &&
           strchr(" \t\r\n", ((const char *)bytes)[n]) && ((const char *)bytes)[n];
}

static nn_status no_memory(parser *p)
{
    return nn_fail(p->err, NN_ENOMEM, "out of memory");
}

static nn_status grow(parser *p, void *list, int count, int *capacity, size_t size)
{
    void **items = list;
    if (count < *capacity)
        return NN_OK;
    const int bigger = *capacity ? 2 * *capacity : 256;
    void *made = nn_realloc(*items, (size_t)count * size, (size_t)bigger * size);
    if (!made)
        return no_memory(p);
    *items = made;
    *capacity = bigger;
    return NN_OK;
}

// The next line that is not empty; NULL at the end.
static char *next_line(parser *p)
{
    while (p->next) {
        char *line = p->next, *end = strchr(line, '\n');
        p->next = end ? end + 1 : NULL;
        if (end)
            *end = '\0';
        p->line++;
        if (line[strspn(line, " \t\r")])
            return line;
    }
    return NULL;
}

static char *next_word(char **line)
{
    char *word = *line + strspn(*line, " \t\r");
    if (!*word)
        return NULL;
    char *end = word + strcspn(word, " \t\r");
    *line = *end ? end + 1 : end;
    *end = '\0';
    return word;
}

static bool read_int(const char *word, int *out)
{
    char *end;
    errno = 0;
    const long v = word ? strtol(word, &end, 10) : 0;
    if (!word || end == word || *end || errno || v < INT_MIN || v > INT_MAX)
        return false;
    *out = (int)v;
    return true;
}

static bool is_name(const char *word)
{
    return word && strlen(word) <= MAX_NAME && nn_json_plain_text(word);
}

// --- blobs ---

static int *find_slot(const parser *p, const char *name)
{
    size_t at = nn_hash_name(name) & (p->slot_count - 1);
    while (p->slots[at] >= 0 && strcmp(p->net->blobs[p->slots[at]], name) != 0)
        at = (at + 1) & (p->slot_count - 1);
    return &p->slots[at];
}

static nn_status add_link(parser *p, int blob)
{
    nn_ncnn_net *net = p->net;
    nn_status status = grow(p, &net->links, net->link_count, &p->room.links, sizeof *net->links);
    if (status == NN_OK)
        net->links[net->link_count++] = blob;
    return status;
}

static nn_status read_input(parser *p, const nn_ncnn_layer *layer, const char *word)
{
    const int blob = is_name(word) ? *find_slot(p, word) : -1;
    if (blob < 0)
        return nn_fail(p->err, NN_EFORMAT,
                       "line %d: %.60s reads the blob '%.60s', which no layer before it makes",
                       p->line, layer->name, is_name(word) ? word : "?");
    return add_link(p, blob);
}

static nn_status read_output(parser *p, int announced, const nn_ncnn_layer *layer, const char *word)
{
    if (!is_name(word))
        return nn_fail(p->err, NN_EFORMAT,
                       "line %d: an output of %.60s has no name, or an unprintable or long one",
                       p->line, layer->name);
    int *slot = find_slot(p, word);
    if (*slot >= 0)
        return nn_fail(p->err, NN_EFORMAT, "line %d: a second layer makes the blob '%.60s'",
                       p->line, word);
    if (p->net->blob_count == announced)
        return nn_fail(p->err, NN_EFORMAT, "line %d: more blobs than the %d that line 2 announces",
                       p->line, announced);
    *slot = p->net->blob_count;
    p->net->blobs[p->net->blob_count++] = word;
    return add_link(p, *slot);
}

// --- fields ---

static nn_status bad_field(parser *p, const nn_ncnn_layer *layer, const char *why)
{
    return nn_fail(p->err, NN_EFORMAT, "line %d: a parameter of %.60s %s", p->line, layer->name,
                   why);
}

// Parses a decimal number of *end - text characters; strtod would depend on the locale. False when
// it is invalid.
static bool read_decimal(const char *text, const char **end, double *out)
{
    const char *p = text + (*text == '-' || *text == '+');
    double digits = 0;
    int scale = 0, seen = 0;
    for (bool point = false; (*p >= '0' && *p <= '9') || (*p == '.' && !point); p++) {
        if (*p == '.') {
            point = true;
            continue;
        }
        seen++;
        if (digits < 1e17)
            digits = 10 * digits + (*p - '0');
        else
            scale++;
        scale -= point;
    }
    if ((*p | 32) == 'e') {
        char *behind;
        const long e = strtol(p + 1, &behind, 10);
        if (behind == p + 1 || e < -400 || e > 400)
            return false;
        scale += (int)e;
        p = behind;
    }
    *end = p;
    *out = (*text == '-' ? -digits : digits) * pow(10, scale);
    return seen > 0 && seen < 400 && isfinite(*out);
}

static nn_status add_number(parser *p, const char **text, bool *good)
{
    nn_ncnn_net *net = p->net;
    double v;
    *good = read_decimal(*text, text, &v);
    if (!*good)
        return NN_OK;
    nn_status status =
        grow(p, &net->numbers, net->number_count, &p->room.numbers, sizeof *net->numbers);
    if (status == NN_OK)
        net->numbers[net->number_count++] = v;
    return status;
}

// Parses comma-separated numbers up to the end of the word.
static nn_status read_numbers(parser *p, const nn_ncnn_layer *layer, nn_ncnn_field *field,
                              const char *text)
{
    bool good;
    for (;;) {
        nn_status status = add_number(p, &text, &good);
        if (status != NN_OK)
            return status;
        if (!good)
            return bad_field(p, layer, "is no number");
        field->count++;
        if (!*text)
            return NN_OK;
        if (*text++ != ',')
            return bad_field(p, layer, "is no number");
        field->array = true;
        if (!*text) // "0=1," is an array of one number
            return NN_OK;
    }
}

static nn_status read_array(parser *p, const nn_ncnn_layer *layer, nn_ncnn_field *field,
                            const char *text)
{
    char *end;
    const long count = strtol(text, &end, 10);
    nn_status status = NN_OK;
    field->array = true;
    if (end == text || (*end && *end != ','))
        return bad_field(p, layer, "is an array without a length");
    if (*end)
        status = read_numbers(p, layer, field, end + 1);
    field->array = true;
    if (status == NN_OK && field->count != count)
        status = bad_field(p, layer, "is an array that has not as many numbers as it says");
    return status;
}

static nn_status read_field(parser *p, const nn_ncnn_layer *layer, const char *word)
{
    nn_ncnn_net *net = p->net;
    char *sign;
    long id = strtol(word, &sign, 10);
    nn_ncnn_field field = {.first = net->number_count};
    if (sign == word || *sign != '=')
        return bad_field(p, layer, "is not of the form number=value");
    const bool array = id <= ARRAY_ID;
    id = array ? ARRAY_ID - id : id;
    if (id < 0 || id > MAX_ID)
        return bad_field(p, layer, "has a number that is not 0 to 31");
    field.id = (int)id;
    field.text = !array && (sign[1] == '"' || (sign[1] | 32) >= 'a');
    nn_status status = field.text ? NN_OK
                       : array    ? read_array(p, layer, &field, sign + 1)
                                  : read_numbers(p, layer, &field, sign + 1);
    if (status == NN_OK)
        status = grow(p, &net->fields, net->field_count, &p->room.fields, sizeof *net->fields);
    if (status == NN_OK)
        net->fields[net->field_count++] = field;
    return status;
}

const nn_ncnn_field *nn_ncnn_field_find(const nn_ncnn_net *net, const nn_ncnn_layer *layer, int id)
{
    for (int i = layer->n_fields - 1; i >= 0; i--) // the last duplicate counts, as in ncnn
        if (net->fields[layer->field + i].id == id)
            return &net->fields[layer->field + i];
    return NULL;
}

// --- layers ---

static nn_status read_layer(parser *p, char *line, int blobs)
{
    nn_ncnn_net *net = p->net;
    nn_ncnn_layer *l = &net->layers[net->layer_count];
    nn_status status = NN_OK;
    *l = (nn_ncnn_layer){.type = next_word(&line), .name = next_word(&line), .line = p->line};
    if (!is_name(l->type) || !is_name(l->name) || !read_int(next_word(&line), &l->n_in) ||
        !read_int(next_word(&line), &l->n_out) || l->n_in < 0 || l->n_out < 0 ||
        l->n_in > MAX_LINKS || l->n_out > MAX_LINKS)
        return nn_fail(p->err, NN_EFORMAT,
                       "line %d is no layer: a type, a name and two numbers of blobs", p->line);
    l->in = net->link_count;
    for (int i = 0; i < l->n_in && status == NN_OK; i++)
        status = read_input(p, l, next_word(&line));
    l->out = net->link_count;
    for (int i = 0; i < l->n_out && status == NN_OK; i++)
        status = read_output(p, blobs, l, next_word(&line));
    l->field = net->field_count;
    for (char *word; status == NN_OK && (word = next_word(&line));)
        status = read_field(p, l, word);
    l->n_fields = net->field_count - l->field;
    net->layer_count++;
    return status;
}

static nn_status read_layers(parser *p, int layers, int blobs)
{
    nn_status status = NN_OK;
    // Lines behind the announced number of layers are ignored, as in ncnn.
    for (char *line; status == NN_OK && p->net->layer_count < layers && (line = next_line(p));)
        status = read_layer(p, line, blobs);
    if (status == NN_OK && p->net->layer_count < layers)
        return nn_fail(p->err, NN_EFORMAT, "line 2 announces %d layers, there are %d: cut off?",
                       layers, p->net->layer_count);
    return status;
}

// Allocates lists for the announced layers and blobs, which need a line each.
static nn_status make_room(parser *p, size_t size, int layers, int blobs)
{
    nn_ncnn_net *net = p->net;
    if (layers < 1 || blobs < 1 || layers > MAX_LAYERS || blobs > MAX_BLOBS)
        return nn_fail(p->err, NN_EUNSUPPORTED,
                       "%d layers and %d blobs: 1 to %d and %d are supported", layers, blobs,
                       MAX_LAYERS, MAX_BLOBS);
    if ((size_t)layers > size || (size_t)blobs > size)
        return nn_fail(p->err, NN_EFORMAT, "%d layers and %d blobs in %zu bytes", layers, blobs,
                       size);
    p->slot_count = 256;
    while (p->slot_count < 2 * (size_t)blobs)
        p->slot_count *= 2;
    net->layers = nn_calloc((size_t)layers, sizeof *net->layers);
    net->blobs = nn_calloc((size_t)blobs, sizeof *net->blobs);
    p->slots = nn_alloc(p->slot_count * sizeof *p->slots);
    if (!net->layers || !net->blobs || !p->slots)
        return no_memory(p);
    for (size_t i = 0; i < p->slot_count; i++)
        p->slots[i] = -1;
    return NN_OK;
}

nn_status nn_ncnn_net_parse(nn_ncnn_net *net, const void *bytes, size_t size, nn_error *err)
{
    parser p = {.net = net, .err = err};
    int layers, blobs;
    *net = (nn_ncnn_net){0};
    if (!nn_ncnn_is_param(bytes, size))
        return nn_fail(err, NN_EFORMAT, "does not begin with " NN_NCNN_MAGIC);
    if (size > MAX_BYTES || memchr(bytes, 0, size))
        return nn_fail(err, NN_EFORMAT, "is no text, or over %d MiB", MAX_BYTES >> 20);
    net->text = p.next = nn_alloc(size + 1);
    if (!net->text)
        return no_memory(&p);
    memcpy(net->text, bytes, size);
    net->text[size] = '\0';
    next_line(&p); // the magic number
    char *line = next_line(&p);
    if (!line || !read_int(next_word(&line), &layers) || !read_int(next_word(&line), &blobs))
        return nn_fail(err, NN_EFORMAT, "line 2 is not the numbers of layers and blobs");
    nn_status status = make_room(&p, size, layers, blobs);
    if (status == NN_OK)
        status = read_layers(&p, layers, blobs);
    nn_free(p.slots);
    return status;
}

void nn_ncnn_net_release(nn_ncnn_net *net)
{
    nn_free(net->layers);
    nn_free(net->blobs);
    nn_free(net->links);
    nn_free(net->fields);
    nn_free(net->numbers);
    nn_free(net->text);
    *net = (nn_ncnn_net){0};
}
