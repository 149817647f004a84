// SPDX-License-Identifier: MIT
// Measures what a picture of a batch costs in memory, and chooses a batch.
#include "nn/train/batch_size.h"

#include "nn/base/arith.h"

enum { COPIES = 3 };  // of the weights beside the model: their average, two moments
enum { WAITING = 3 }; // batches that the loader holds ready
#define USABLE 0.7    // of the free memory

static nn_status plan_bytes(int64_t *bytes, const nn_model *model, nn_loader_size size, int batch,
                            nn_error *err)
{
    const nn_shape input =
        nn_shape_4d(batch, nn_card_channels(&model->card), size.height, size.width);
    nn_plan *plan;
    const nn_status status = nn_plan_new_training(&plan, model, &input, 1, NULL, err);
    if (status == NN_OK)
        *bytes = (int64_t)nn_plan_bytes(plan);
    if (status == NN_OK)
        nn_plan_free(plan);
    return status;
}

// Adds what one size of input takes: a plan for every batch, and batches that wait.
static nn_status add_size(nn_batch_choice *c, const nn_model *model, nn_loader_size size,
                          nn_error *err)
{
    int64_t one = 0, two = 0;
    nn_status status = plan_bytes(&one, model, size, 1, err);
    if (status == NN_OK)
        status = plan_bytes(&two, model, size, 2, err);
    if (status != NN_OK)
        return status;
    const int64_t planes = (int64_t)sizeof(float) * 3 * size.height * size.width;
    c->each += nn_max(two - one, 0) + WAITING * planes;
    c->rest += nn_max(2 * one - two, 0);
    return NN_OK;
}

// Weights of the optimiser, and the pictures that are going to be kept.
static int64_t count_rest(const nn_model *model, const nn_dataset *data)
{
    int64_t weights = 0, pictures = 0;
    for (int i = 0; i < nn_graph_param_count(model->graph); i++)
        weights += (int64_t)nn_tensor_bytes(&model->params[i]);
    for (int i = 0; i < data->count; i++)
        pictures += (int64_t)3 * data->samples[i].width * data->samples[i].height;
    const int64_t room =
        data->cache_limit > data->cache_used ? (int64_t)(data->cache_limit - data->cache_used) : 0;
    return COPIES * weights + nn_min(pictures, room);
}

// Views of a picture that a batch holds at once.
static int views_of(const nn_model *model)
{
    const nn_train_task *task = nn_train_task_find(model->card.task);
    return task && task->views > 0 ? task->views : 1;
}

static int largest_power(int64_t limit)
{
    int power = 1;
    while (2 * (int64_t)power <= limit && power < 1 << 20)
        power *= 2;
    return power;
}

nn_status nn_choose_batch(nn_batch_choice *out, const nn_model *model, const nn_dataset *data,
                          const nn_trainer_options *o, int64_t bytes, nn_error *err)
{
    const int ranks = nn_ranks_count(o->ranks);
    const int64_t drawn = o->epoch_size > 0 ? o->epoch_size : data->count;
    nn_status status = NN_OK;
    *out = (nn_batch_choice){0};
    if (o->size_count == 0)
        status = add_size(out, model, (nn_loader_size){o->height, o->width}, err);
    for (int i = 0; i < o->size_count && status == NN_OK; i++)
        status = add_size(out, model, o->sizes[i], err);
    if (status != NN_OK)
        return status;
    out->each *= views_of(model);
    out->rest += count_rest(model, data);
    const int64_t left = (int64_t)(USABLE * (double)bytes) / ranks - out->rest;
    const int64_t own = left > 0 ? left / nn_max(out->each, 1) : 0; // of this process
    const int accumulate = o->accumulate > 0 ? o->accumulate : 1;
    const int64_t enough = drawn / NN_BATCH_STEPS / accumulate;
    out->fits = own > 0 ? ranks * largest_power(own) : 0;
    out->worth = ranks * largest_power(nn_min(nn_max(enough, o->batch), NN_BATCH_MOST) / ranks);
    out->batch = (int)nn_max(nn_min(out->fits, out->worth), ranks);
    return NN_OK;
}
