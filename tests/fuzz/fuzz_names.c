// SPDX-License-Identifier: MIT
// Fuzz target: lists of class names in files and in texts, and the rules that map them; the first
// byte chooses the reader.
#include "nn/data/class_map.h"
#include "nn/io/io.h"
#include "nn/io/json.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/in_memory.h"

#include <string.h>

static void check(const char *name)
{
    if (!*name || strchr(" \t\r\n", *name) || strchr(" \t\r\n", name[strlen(name) - 1]))
        abort();
}

// coco.names beside a model.
static void read_labels(const char *path)
{
    nn_card card = {0};
    nn_error err;
    if (nn_card_read_labels(&card, path, &err) == NN_OK && card.label_count < 1)
        abort();
    for (int i = 0; i < card.label_count; i++)
        if (!*card.labels[i] || strlen(card.labels[i]) > 255 || !nn_json_plain_text(card.labels[i]))
            abort();
    nn_card_release(&card);
}

// classes.txt of a data set.
static void load_names(const char *path)
{
    nn_names names;
    nn_error err;
    if (nn_names_load(&names, path, &err) == NN_OK && names.count < 1)
        abort();
    for (int i = 0; i < names.count; i++)
        check(names.name[i]);
    nn_names_release(&names);
}

// The classes of the data and the rules, a line each.
static void map_names(char *text)
{
    char *label[] = {"person", "car", "bus"};
    const nn_names labels = {label, 3};
    nn_names names;
    nn_class_map map;
    nn_error err;
    char *rules = strchr(text, '\n');
    if (rules)
        *rules++ = '\0';
    if (nn_names_parse(&names, text, &err) != NN_OK)
        return;
    for (int i = 0; i < names.count; i++)
        check(names.name[i]);
    if (nn_class_map_build(&map, &names, &labels, rules, &err) == NN_OK)
        for (int i = 0; i < names.count + 1; i++)
            if (nn_class_map_get(&map, i) >= labels.count ||
                nn_class_map_get(&map, i) < NN_CLASS_IGNORE)
                abort();
    nn_names_release(&names);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (*data % 3 == 0) {
        read_labels(fuzz_file(data + 1, size - 1));
    } else if (*data % 3 == 1) {
        load_names(fuzz_file(data + 1, size - 1));
    } else {
        char *text = malloc(size);
        memcpy(text, data + 1, size - 1);
        text[size - 1] = '\0';
        map_names(text);
        free(text);
    }
    return 0;
}
