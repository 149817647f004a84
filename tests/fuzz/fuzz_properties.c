// SPDX-License-Identifier: MIT
// Fuzz target: the word in the first line says which property or option the rest is the text of.
#include "pipeline/keep.h"
#include "plugins/infer/class_thresholds.h"
#include "plugins/infer/sizes.h"
#include "plugins/publish/server.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

static void read_address(const char *text)
{
    static const char *const schemes[] = {"mqtt", "kafka"};
    for (int i = 0; i < 2; i++) {
        NeroServer s;
        nn_error err;
        if (nero_server_parse(&s, text, schemes[i], 1883, 8883, &err) == NN_OK &&
            (!s.host || !*s.host || s.port < 1 || s.port > 65535 || (s.topic && !*s.topic)))
            abort();
        nero_server_clear(&s);
    }
}

static void read_thresholds(const char *text)
{
    const char *const names[] = {"person", "car", "car, parked", "", "traffic light"};
    const int count = G_N_ELEMENTS(names);
    float *own;
    nn_error err;
    NeroLabels *labels = nero_labels_new("street", names, count);
    nero_class_thresholds_parse(text, labels, 0.5f, NULL, &own, &err);
    for (int i = 0; own && i < count; i++)
        if (!(own[i] >= 0 && own[i] <= 1))
            abort();
    g_free(own);
    nero_labels_unref(labels);
}

static void read_size(const char *text)
{
    int height, width;
    nn_error err;
    if (nero_sizes_parse(text, &height, &width, &err) != NN_OK)
        return;
    if ((height == 0) != (width == 0) || height < 0 || width < 0 || height > G_MAXUINT16 ||
        width > G_MAXUINT16)
        abort();
}

static void read_keep(const char *text)
{
    vp_keep keep;
    nn_error err;
    if (vp_keep_parse(&keep, text, &err) == NN_OK && !(keep.days >= 0 && keep.days < 1e9))
        abort();
    g_autofree char *stem = vp_keep_stem(1769904000123456, text);
    if (strchr(stem, '/'))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct {
        const char *word;
        void (*read)(const char *text);
    } readers[] = {
        {"address\n", read_address},
        {"thresholds\n", read_thresholds},
        {"size\n", read_size},
        {"keep\n", read_keep},
    };
    char *text = malloc(size + 1);
    memcpy(text, data, size);
    text[size] = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(readers); i++)
        if (strncmp(text, readers[i].word, strlen(readers[i].word)) == 0)
            readers[i].read(text + strlen(readers[i].word));
    free(text);
    return 0;
}
