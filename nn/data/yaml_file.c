// SPDX-License-Identifier: MIT
// Small YAML files behind libyaml's document tree.
#include "nn/data/yaml_file.h"

#include "nn/base/memory.h"
#include "nn/io/file.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { MAX_BYTES = 1 << 20 };

static nn_status parse(yaml_document_t *document, const nn_file *file, const char *path,
                       nn_error *err)
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        return nn_fail(err, NN_ENOMEM, "no memory for a YAML parser");
    yaml_parser_set_input_string(&parser, file->bytes ? file->bytes : (const void *)"", file->size);
    nn_status status = NN_OK;
    if (!yaml_parser_load(&parser, document)) {
        status = parser.error == YAML_MEMORY_ERROR
                     ? nn_fail(err, NN_ENOMEM, "no memory for %s", path)
                     : nn_fail(err, NN_EFORMAT, "%s: line %zu: not YAML: %s", path,
                               parser.problem_mark.line + 1,
                               parser.problem ? parser.problem : "damaged");
    } else {
        const yaml_node_t *root = yaml_document_get_root_node(document);
        if (!root || root->type != YAML_MAPPING_NODE) {
            yaml_document_delete(document);
            status = nn_fail(err, NN_EFORMAT, "%s: not a mapping of keys such as 'names:'", path);
        }
    }
    yaml_parser_delete(&parser);
    return status;
}

nn_status nn_yaml_open(nn_yaml *y, const char *path, nn_error *err)
{
    nn_file file;
    y->document = NULL;
    nn_status status = nn_file_map(&file, path, err);
    if (status != NN_OK)
        return status;
    if (file.size > MAX_BYTES)
        status = nn_fail(err, NN_EFORMAT, "%s: %zu bytes are too many for a description", path,
                         file.size);
    if (status == NN_OK && !(y->document = nn_calloc(1, sizeof(yaml_document_t))))
        status = nn_fail(err, NN_ENOMEM, "no memory for %s", path);
    if (status == NN_OK)
        status = parse(y->document, &file, path, err);
    if (status != NN_OK) {
        nn_free(y->document);
        y->document = NULL;
    }
    nn_file_unmap(&file);
    return status;
}

void nn_yaml_close(nn_yaml *y)
{
    if (y->document)
        yaml_document_delete(y->document);
    nn_free(y->document);
    y->document = NULL;
}

static const char *text_of(const yaml_node_t *node)
{
    const char *text =
        node && node->type == YAML_SCALAR_NODE ? (char *)node->data.scalar.value : NULL;
    return text && strlen(text) == node->data.scalar.length ? text : NULL;
}

static yaml_node_t *find(const nn_yaml *y, const char *key)
{
    yaml_node_t *root = yaml_document_get_root_node(y->document);
    for (yaml_node_pair_t *p = root->data.mapping.pairs.start; p < root->data.mapping.pairs.top;
         p++) {
        const char *text = text_of(yaml_document_get_node(y->document, p->key));
        if (text && strcmp(text, key) == 0)
            return yaml_document_get_node(y->document, p->value);
    }
    return NULL;
}

bool nn_yaml_has(const nn_yaml *y, const char *key)
{
    return find(y, key) != NULL;
}

int nn_yaml_count(const nn_yaml *y, const char *key)
{
    const yaml_node_t *node = find(y, key);
    if (!node || node->type == YAML_MAPPING_NODE)
        return 0;
    return node->type == YAML_SEQUENCE_NODE
               ? (int)(node->data.sequence.items.top - node->data.sequence.items.start)
               : 1;
}

const char *nn_yaml_text(const nn_yaml *y, const char *key, int i)
{
    const yaml_node_t *node = find(y, key);
    if (i < 0 || i >= nn_yaml_count(y, key))
        return NULL;
    return node->type == YAML_SEQUENCE_NODE
               ? text_of(yaml_document_get_node(y->document, node->data.sequence.items.start[i]))
               : text_of(node);
}

// The value of key `n` in a mapping with numeric keys.
static const char *numbered(const nn_yaml *y, const yaml_node_t *map, long n)
{
    for (yaml_node_pair_t *p = map->data.mapping.pairs.start; p < map->data.mapping.pairs.top;
         p++) {
        const char *key = text_of(yaml_document_get_node(y->document, p->key));
        char *end;
        if (key && *key && strtol(key, &end, 10) == n && *end == '\0')
            return text_of(yaml_document_get_node(y->document, p->value));
    }
    return NULL;
}

nn_status nn_yaml_names(const nn_yaml *y, const char *key, nn_names *names, nn_error *err)
{
    const yaml_node_t *node = find(y, key);
    *names = (nn_names){0};
    if (!node || node->type == YAML_SCALAR_NODE)
        return NN_OK;
    const bool map = node->type == YAML_MAPPING_NODE;
    const long count =
        map ? node->data.mapping.pairs.top - node->data.mapping.pairs.start : nn_yaml_count(y, key);
    nn_status status =
        count <= NN_CLASS_MAX
            ? NN_OK
            : nn_fail(err, NN_EFORMAT, "%s: %ld classes, %d is the most", key, count, NN_CLASS_MAX);
    for (long i = 0; i < count && status == NN_OK; i++) {
        const char *name = map ? numbered(y, node, i) : nn_yaml_text(y, key, (int)i);
        status = name ? nn_names_add(names, name, strlen(name), err)
                      : nn_fail(err, NN_EFORMAT, "%s: class %ld has no name", key, i);
    }
    if (status != NN_OK)
        nn_names_release(names);
    return status;
}

nn_status nn_yaml_list(const nn_yaml *y, const char *key, nn_names *names, nn_error *err)
{
    const yaml_node_t *node = find(y, key);
    *names = (nn_names){0};
    if (node && node->type == YAML_MAPPING_NODE &&
        node->data.mapping.pairs.top > node->data.mapping.pairs.start)
        node = yaml_document_get_node(y->document, node->data.mapping.pairs.start->value);
    if (!node || node->type != YAML_SEQUENCE_NODE)
        return NN_OK;
    const yaml_node_item_t *start = node->data.sequence.items.start;
    const long count = node->data.sequence.items.top - start;
    nn_status status = NN_OK;
    for (long i = 0; i < count && status == NN_OK; i++) {
        const char *name = text_of(yaml_document_get_node(y->document, start[i]));
        status = name ? nn_names_add(names, name, strlen(name), err)
                      : nn_fail(err, NN_EFORMAT, "%s: entry %ld is no text", key, i);
    }
    if (status != NN_OK)
        nn_names_release(names);
    return status;
}
