// SPDX-License-Identifier: MIT
// Storage of the values of a pickle, and look-ups in them.
#include "nn/base/memory.h"
#include "nn/io/torch/pickle_machine.h"

#include <string.h>

enum { BLOCK = 256 };

// Values have fixed addresses, so that the stack, the memo and containers can point to them.
typedef struct block {
    struct block *next;
    int used;
    nn_pickle_value values[BLOCK];
} block;

struct nn_pickle {
    block *blocks;
    nn_pickle_value *root;
    const char *stranger; // in a value
};

nn_pickle *nn_pickle_new(void)
{
    return nn_calloc(1, sizeof(nn_pickle));
}

nn_pickle_value *nn_pickle_new_value(nn_pickle *p, nn_pickle_kind kind)
{
    block *b = p->blocks;
    if (!b || b->used == BLOCK) {
        b = nn_calloc(1, sizeof *b);
        if (!b)
            return NULL;
        b->next = p->blocks;
        p->blocks = b;
    }
    nn_pickle_value *v = &b->values[b->used++];
    v->kind = kind;
    return v;
}

static bool has_items(const nn_pickle_value *v)
{
    return v->kind == NN_PICKLE_LIST || v->kind == NN_PICKLE_TUPLE || v->kind == NN_PICKLE_DICT;
}

void nn_pickle_free(nn_pickle *p)
{
    if (!p)
        return;
    for (block *b = p->blocks, *next; b; b = next) {
        next = b->next;
        for (int i = 0; i < b->used; i++)
            if (has_items(&b->values[i]))
                nn_free(b->values[i].list.items);
            else if (b->values[i].kind == NN_PICKLE_TENSOR)
                nn_free(b->values[i].tensor);
            else if (b->values[i].kind == NN_PICKLE_OBJECT)
                nn_free(b->values[i].object.class_name);
        nn_free(b);
    }
    nn_free(p);
}

void nn_pickle_set_stranger(nn_pickle *p, const char *class_name)
{
    if (!p->stranger)
        p->stranger = class_name;
}

const char *nn_pickle_stranger(const nn_pickle *p)
{
    return p->stranger;
}

void nn_pickle_set_root(nn_pickle *p, nn_pickle_value *v)
{
    p->root = v;
}

nn_pickle_value *nn_pickle_root(const nn_pickle *p)
{
    return p->root;
}

bool nn_pickle_is_text(const nn_pickle_value *v, const char *s)
{
    return v->kind == NN_PICKLE_TEXT && v->text.length == strlen(s) &&
           memcmp(v->text.bytes, s, v->text.length) == 0;
}

nn_pickle_value *nn_pickle_get(const nn_pickle_value *dict, const char *key)
{
    if (dict->kind == NN_PICKLE_DICT)
        for (size_t i = dict->list.count; i >= 2; i -= 2) // the last duplicate counts
            if (nn_pickle_is_text(dict->list.items[i - 2], key))
                return dict->list.items[i - 1];
    return NULL;
}

int nn_pickle_compare_texts(const nn_pickle_value *a, const nn_pickle_value *b)
{
    size_t n = a->text.length < b->text.length ? a->text.length : b->text.length;
    int order = n ? memcmp(a->text.bytes, b->text.bytes, n) : 0;
    return order ? order : (a->text.length > b->text.length) - (a->text.length < b->text.length);
}

nn_status nn_pickle_storages(const nn_pickle *p, const nn_pickle_value ***out, size_t *count,
                             nn_error *err)
{
    size_t n = 0;
    *out = NULL;
    for (int pass = 0; pass < 2; pass++) { // count, then fill
        n = 0;
        for (const block *b = p->blocks; b; b = b->next)
            for (int i = 0; i < b->used; i++)
                if (b->values[i].kind == NN_PICKLE_STORAGE) {
                    if (*out)
                        (*out)[n] = &b->values[i];
                    n++;
                }
        if (!*out && !(*out = nn_calloc(n, sizeof **out)))
            return nn_fail(err, NN_ENOMEM, "no memory for the pickle");
    }
    *count = n;
    return NN_OK;
}
