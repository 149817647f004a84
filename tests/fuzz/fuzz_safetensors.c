// SPDX-License-Identifier: MIT
// Fuzz target: tensor files, the model card in their metadata, and an index of several files: its
// text ends at the first NUL, all its files are what follows.
#include "nn/io/io.h"
#include "nn/io/shards.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

typedef struct file_bytes {
    const uint8_t *bytes;
    size_t size;
} file_bytes;

// Reads every byte that the bundle says is there.
static unsigned touch(const nn_bundle *b)
{
    unsigned sum = 0;
    for (int i = 0; i < b->count; i++) {
        const nn_tensor *t = &b->tensors[i].tensor;
        const uint8_t *bytes = t->data;
        for (size_t k = 0, n = nn_tensor_bytes(t); k < n; k++)
            sum += bytes[k];
        if (nn_bundle_find(b, b->tensors[i].name) != t)
            abort();
    }
    return sum;
}

// A second opinion of what nn_file_is_inside must refuse: an absolute path, or ".." as a whole
// step.
static bool leaves_folder(const char *name)
{
    const char *step = name;
    for (; (step = strstr(step, "..")); step += 2)
        if ((step == name || step[-1] == '/') && (step[2] == '/' || !step[2]))
            return true;
    return !*name || *name == '/';
}

static nn_status open_shard(void *ctx, const char *name, nn_bundle *b, nn_error *err)
{
    const file_bytes *file = ctx;
    if (leaves_folder(name))
        abort();
    return nn_bundle_parse(b, file->bytes, file->size, err);
}

static void fuzz_shards(const uint8_t *data, size_t size)
{
    const uint8_t *end = memchr(data, 0, size);
    const size_t text = end ? (size_t)(end - data) : size;
    file_bytes file = {data + text, size - text};
    nn_bundle b = {0};
    nn_error err;
    if (end)
        file = (file_bytes){file.bytes + 1, file.size - 1};
    if (nn_shards_parse(&b, data, text, open_shard, &file, &err) == NN_OK) {
        for (int i = 0; i < b.part_count; i++) {
            volatile unsigned sum = touch(&b.parts[i]);
            (void)sum;
        }
    }
    nn_bundle_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nn_bundle b;
    nn_error err;
    if (size > 0 && data[0] == '{')
        fuzz_shards(data, size);
    if (nn_bundle_parse(&b, data, size, &err) != NN_OK)
        return 0;
    volatile unsigned sum = touch(&b);
    (void)sum;
    const char *json = nn_bundle_meta(&b, "neroscale");
    nn_card card;
    if (json && nn_card_from_json(&card, json, &err) == NN_OK)
        nn_card_release(&card);
    nn_bundle_release(&b);
    return 0;
}
