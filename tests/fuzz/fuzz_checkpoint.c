// SPDX-License-Identifier: MIT
// Fuzz target: checkpoints from which a training resumes, and a step from there. SETTINGS in the
// input stands for the settings of the training, so that the corpus stays valid.
#include "nn/base/memory.h"
#include "nn/io/io.h"
#include "nn/train/trainer.h"
#include "nn/zoo/layers.h"
#include "tests/fuzz/fuzz.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SIDE = 4, CLASSES = 2, PICTURES = 2 };

static char dir[64], path[128];
static char *settings; // owned; until the end
static nn_dataset data;
static nn_model *model;
static nn_trainer *trainer;

static void must(nn_status status)
{
    if (status != NN_OK)
        abort();
}

static void make_data(void)
{
    int source;
    must(nn_dataset_init(&data, 0, (nn_notes){0}, NULL));
    must(nn_dataset_add_source(&data, &(nn_source){.path = "made"}, &source, NULL));
    for (int i = 0; i < PICTURES; i++) {
        nn_sample s = {.name = nn_strdup("made"),
                       .width = SIDE,
                       .height = SIDE,
                       .image = {SIDE, SIDE, nn_calloc(3, SIDE * SIDE)},
                       .classes = nn_calloc(1, sizeof(int32_t)),
                       .class_count = 1,
                       .source = source,
                       .in_memory = true};
        s.classes[0] = i % CLASSES;
        must(nn_dataset_add(&data, &s, NULL));
    }
}

static void make_model(void)
{
    static const char *const names[] = {"a", "b"};
    nn_graph *g = nn_graph_new();
    nn_value x = nn_graph_input(g, "image");
    x = nn_layer_conv(g, "conv", x,
                      &(nn_conv_spec){.in = 3, .out = 1, .kernel = 3, .stride = 1, .bias = 1});
    x = nn_layer_flatten(g, "flatten", x, 1);
    nn_graph_output(g, "output", nn_layer_linear(g, "fc", x, 4, CLASSES, 1));
    must(nn_model_new(&model, g, NULL));
    nn_model_init_random(model, 1);
    nn_card *card = &model->card;
    snprintf(card->task, sizeof card->task, "classify");
    card->input_h = card->input_w = SIDE;
    card->std[0] = card->std[1] = card->std[2] = 1;
    must(nn_card_set_labels(card, names, CLASSES, NULL));
}

// As JSON has it, whose lines end with \n.
static char *copy_meta(const nn_bundle *b, const char *key)
{
    const char *from = nn_bundle_meta(b, key);
    char *copy = nn_calloc(2, strlen(from) + 1), *to = copy;
    if (!copy)
        abort();
    for (; *from; from++)
        if (*from == '\n') {
            *to++ = '\\';
            *to++ = 'n';
        } else {
            *to++ = *from;
        }
    return copy;
}

static void clean(void)
{
    nn_trainer_free(trainer);
    nn_model_free(model);
    nn_dataset_release(&data);
    nn_free(settings);
    unlink(path);
    rmdir(dir);
}

static void start(void)
{
    nn_trainer_options o;
    nn_checkpoint_info info = {0};
    nn_bundle b;
    snprintf(dir, sizeof dir, "%s/neroscale-checkpoint-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(dir))
        abort();
    snprintf(path, sizeof path, "%s/last.safetensors", dir);
    atexit(clean);
    make_data();
    make_model();
    nn_trainer_defaults(&o);
    o.batch = 1;
    o.epochs = 4;
    o.height = o.width = SIDE;
    must(nn_trainer_new(&trainer, model, &data, &o, NULL, NULL));
    must(nn_trainer_save(trainer, dir, &info, NULL));
    must(nn_bundle_load(&b, path, NULL));
    settings = copy_meta(&b, "options");
    nn_bundle_release(&b);
}

// Writes `text` in place of the first `word`; returns how much longer that is.
static size_t put(FILE *f, const uint8_t **at, const uint8_t *end, const char *word,
                  const char *text)
{
    const uint8_t *found = memmem(*at, (size_t)(end - *at), word, strlen(word));
    if (!found)
        return 0;
    fwrite(*at, 1, (size_t)(found - *at), f);
    fputs(text, f);
    *at = found + strlen(word);
    return strlen(text) - strlen(word);
}

// The input as a file; the length of its header, the first eight bytes, grows with the settings.
static void write_file(const uint8_t *bytes, size_t size)
{
    FILE *f = fopen(path, "w");
    const uint8_t *at = bytes + 8, *end = bytes + size;
    uint64_t header;
    if (!f)
        abort();
    memcpy(&header, bytes, 8);
    fwrite(bytes, 1, 8, f);
    header += put(f, &at, end, "SETTINGS", settings);
    fwrite(at, 1, (size_t)(end - at), f);
    fseek(f, 0, SEEK_SET);
    fwrite(&header, 8, 1, f);
    if (fclose(f) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    nn_checkpoint_info info;
    nn_trainer_report report;
    nn_error err;
    if (!trainer)
        start();
    if (size < 8)
        return 0;
    write_file(bytes, size);
    if (nn_trainer_resume(trainer, dir, &info, &err) != NN_OK)
        return 0;
    const int64_t total = nn_trainer_steps_total(trainer), step = nn_trainer_steps_done(trainer);
    if (step != info.step || step < 0 || step > total || !isfinite(info.best) ||
        info.best_epoch < 0 || info.best_epoch > 4 || !(info.seconds >= 0))
        abort();
    if (step < total)
        must(nn_trainer_step(trainer, &report, &err));
    return 0;
}
