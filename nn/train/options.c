// SPDX-License-Identifier: MIT
// The options of a training: one row each.
#include "nn/train/options.h"

#include "nn/base/text.h"
#include "nn/train/trainer.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_WARMUP 1e9

// In the order of nn_optimiser_kind and nn_schedule_kind.
static const char *const optimisers[] = {"adamw", "sgd", "nesterov", "adam", NULL};
static const char *const schedules[] = {"cosine", "step", "one-cycle", NULL};
static const char *const methods[] = {"simclr", "vicreg", NULL};    // of nn_pretrain_method
static const char *const distances[] = {"charbonnier", "l1", NULL}; // of nn_upscale_distance

// Steps of warm-up, or epochs such as 2e.
static nn_status read_warmup(void *values, const char *text, nn_error *err)
{
    nn_trainer_options *o = values;
    char *end;
    const double n = strtod(text, &end);
    const int epochs = *end == 'e';
    if (end == text || end[epochs] != '\0' || !(n >= 0 && n < MAX_WARMUP))
        return nn_fail(err, NN_EINVAL, "--warmup %s: neither steps, such as 100, nor epochs, 2e",
                       text);
    o->schedule.warmup = epochs ? 0 : (int64_t)n;
    o->warmup_epochs = epochs ? n : 0;
    return NN_OK;
}

static void write_warmup(const void *values, char *text, size_t size)
{
    const nn_trainer_options *o = values;
    if (o->warmup_epochs > 0) {
        nn_option_number(o->warmup_epochs, false, text, size - 1);
        for (; *text; text++)
            ;
        text[0] = 'e';
        text[1] = '\0';
    } else if (o->schedule.warmup >= 0) {
        snprintf(text, size, "%lld", (long long)o->schedule.warmup);
    }
}

#define FIELD(word, kind, member)                                                                  \
    .field = {.name = word,                                                                        \
              .type = NN_FIELD_##kind,                                                             \
              .offset = offsetof(nn_trainer_options, member),                                      \
              .count = 1}
// The word, its type, member, default, least and largest value, help and, behind it, more members.
#define NUMBER(word, kind, member, usual, least, most, ...)                                        \
    {                                                                                              \
        FIELD(word, kind, member), .start = usual, .low = least, .high = most, .help = __VA_ARGS__ \
    }
#define WORD(word, member, list, usual, text)                                                      \
    {                                                                                              \
        .field = {word, NN_FIELD_ENUM, offsetof(nn_trainer_options, member), 1, list},             \
        .start = usual, .help = text                                                               \
    }
#define FLAG(word, member, ...)                                                                    \
    {                                                                                              \
        FIELD(word, BOOL, member), .help = __VA_ARGS__                                             \
    }
#define OPEN .flags = NN_OPTION_ABOVE | NN_OPTION_BELOW
#define POSITIVE .flags = NN_OPTION_ABOVE
#define BELOW .flags = NN_OPTION_BELOW
#define INSIDE .flags = NN_OPTION_HIDDEN
#define DETECT .tasks = "detect pose instance obb" // those whose models find boxes
#define CLASSIFY .tasks = "classify"

static const nn_option rows[] = {
    NUMBER("epochs", INT, epochs, "16", 1, INT_MAX, "Epochs", .flags = NN_OPTION_LATER),
    NUMBER("epoch-size", INT, epoch_size, "0", 0, INT_MAX, "Pictures in an epoch; 0: all"),
    NUMBER("batch", INT, batch, "8", 1, 4096, "Batch size; auto: by the memory that is free"),
    NUMBER("accumulate", INT, accumulate, "1", 1, 4096,
           "Batches whose gradients are averaged for a step"),
    NUMBER("seed", INT64, seed, "1", 0, 0, "Seed of all random numbers"),
    FLAG("sync-bn", sync_norm,
         "Under mpirun: batch norms use the whole batch, not the part of each process"),
    WORD("optimiser", optimiser.kind, optimisers, "adamw", "Optimiser"),
    NUMBER("lr", FLOAT, schedule.rate, "0.002", 0, 1,
           "Learning rate after warm-up; auto: found by a sweep", POSITIVE),
    WORD("schedule", schedule.kind, schedules, "cosine", "Learning rate schedule"),
    NUMBER("final-lr-ratio", FLOAT, schedule.last, "0.02", 0, 1,
           "Final learning rate as a fraction of --lr; not used by --schedule step"),
    {FIELD("warmup", OTHER, schedule.warmup), .read = read_warmup, .write = write_warmup,
     .arg = "N",
     .help = NN_TEXT(
         "Warm-up in steps, or in epochs such as 2e (100; a tenth at most; one-cycle: 0.3)")},
    NUMBER("step-epochs", DOUBLE, step_epochs, NULL, 0, HUGE_VAL,
           "Epochs between two falls of --schedule step (a third of all)"),
    NUMBER("step-factor", FLOAT, schedule.factor, "0.1", 0, 1,
           "Factor of each fall of --schedule step", POSITIVE),
    NUMBER("weight-decay", FLOAT, optimiser.decay, "0.02", 0, HUGE_VAL,
           "Weight decay; norms and biases have none"),
    NUMBER("momentum", FLOAT, optimiser.momentum, "0.9", 0, 1, "Momentum of sgd and nesterov",
           BELOW),
    NUMBER("beta1", FLOAT, optimiser.beta1, "0.9", 0, 1, "First decay of Adam", INSIDE),
    NUMBER("beta2", FLOAT, optimiser.beta2, "0.999", 0, 1, "Second decay of Adam", INSIDE),
    NUMBER("epsilon", FLOAT, optimiser.eps, "1e-08", 0, 1, "Added to what Adam divides by", INSIDE),
    NUMBER("clip", FLOAT, optimiser.clip, "10", 0, 0, "Largest norm of the gradient; 0: no limit"),
    NUMBER("ema", FLOAT, average, "0.998", 0, 1, "Decay of the moving average of the weights",
           BELOW),
    NUMBER("box-weight", FLOAT, task.detect.box_weight, "2.5", 0, HUGE_VAL,
           "Weight of the box loss", POSITIVE, DETECT),
    NUMBER("class-weight", FLOAT, task.detect.cls_weight, "2", 0, HUGE_VAL,
           "Weight of the class loss", INSIDE, DETECT),
    NUMBER("dfl-weight", FLOAT, task.detect.dfl_weight, "0.25", 0, HUGE_VAL,
           "Weight of the distribution focal loss", INSIDE, DETECT),
    NUMBER("score-power", FLOAT, task.detect.score_power, "0.5", 0, HUGE_VAL,
           "Power of the score in the alignment", INSIDE, DETECT),
    NUMBER("iou-power", FLOAT, task.detect.iou_power, "4", 0, HUGE_VAL,
           "Power of the IoU in the alignment", INSIDE, DETECT),
    NUMBER("topk", INT, task.detect.topk, "10", 1, 1000, "Most grid cells trained per object",
           DETECT),
    NUMBER("distill-weight", FLOAT, task.detect.teacher_weight, "1", 0, HUGE_VAL,
           "Weight of the loss to the boxes of teachers; 0: none", .tasks = "detect"),
    NUMBER("keypoint-weight", FLOAT, task.pose.weight, "4", 0, HUGE_VAL,
           "Weight of the places of keypoints", POSITIVE, .tasks = "pose"),
    NUMBER("visible-weight", FLOAT, task.pose.visible_weight, "0.5", 0, HUGE_VAL,
           "Weight of which keypoints are visible", .tasks = "pose"),
    NUMBER("mask-weight", FLOAT, task.mask_weight, "2.5", 0, HUGE_VAL,
           "Weight of the masks of objects", POSITIVE, .tasks = "instance"),
    NUMBER("direction-weight", FLOAT, task.detect.direction_weight, "1", 0, HUGE_VAL,
           "Weight of the directions of rotated boxes", .tasks = "obb"),
    NUMBER("feature-weight", FLOAT, feature_weight, "1", 0, HUGE_VAL,
           "Weight of the loss between feature maps", POSITIVE),
    NUMBER("quantize-distill", FLOAT, exact_part, "0.5", 0, 1,
           "Of --quantize: part of the loss that is the distance to the float32 model's outputs"),
    NUMBER("dice", FLOAT, task.segment.dice, "0", 0, HUGE_VAL,
           "Weight of the Dice loss, such as 0.5 for small regions", .tasks = "segment"),
    NUMBER("smoothing", FLOAT, task.classify.smoothing, "0.1", 0, 1, "Label smoothing", BELOW,
           CLASSIFY),
    NUMBER("aux-weight", FLOAT, task.classify.aux, "0.3", 0, HUGE_VAL,
           "Weight of auxiliary classifiers (networks with aux=1)", CLASSIFY),
    FLAG("multi-label", task.classify.sigmoid,
         "Several classes may be right for a picture: a sigmoid for each", CLASSIFY),
    {.field = {"loss", NN_FIELD_ENUM, offsetof(nn_trainer_options, task.upscale.distance), 1,
               distances},
     .start = "charbonnier",
     .help = "Distance of pixels: charbonnier, which is round at zero, or l1",
     .tasks = "upscale"},
    {.field = {"method", NN_FIELD_ENUM, offsetof(nn_trainer_options, task.pretrain.method), 1,
               methods},
     .start = "simclr",
     .arg = "METHOD",
     .help =
         NN_TEXT("One of the methods; simclr: views find each other, vicreg: they agree and vary"),
     .tasks = "pretrain"},
    NUMBER("projector", INT, task.pretrain.projector, "128", 8, 8192,
           "Width of the layers that are trained behind the network and not saved",
           .tasks = "pretrain"),
    NUMBER("temperature", FLOAT, task.pretrain.temperature, "0.2", 0, 100,
           "Of simclr: the lower, the more the nearest wrong pictures count", POSITIVE,
           .tasks = "pretrain"),
    {.field = {.name = NULL}},
};

const nn_option *nn_trainer_option_rows(void)
{
    return rows;
}

void nn_trainer_defaults(nn_trainer_options *o)
{
    *o = (nn_trainer_options){.schedule.warmup = -1}; // as the trainer likes
    nn_options_defaults(rows, o);
    nn_augment_defaults(&o->augment);
}

void nn_optimiser_defaults(nn_optimiser_options *o)
{
    nn_trainer_options all = {0};
    nn_options_defaults(rows, &all);
    *o = all.optimiser;
}
