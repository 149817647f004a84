// SPDX-License-Identifier: MIT
// A model from a folder with a folder of pictures for each class: train_classifier FOLDER MODEL
// [quick]
#include <nn/nn.h>
#include <stdio.h>

static bool show_epoch(void *ctx, const nn_train_progress *p)
{
    (void)ctx;
    printf("epoch %d of %d: loss %.3f", p->epoch, p->epochs, p->loss);
    if (p->scores)
        printf(", %.1f %% right", 100 * nn_scores_get(p->scores, "top1"));
    printf("%s\n", p->best_epoch == p->epoch ? ", the best so far" : "");
    return true; // false would end the training here
}

int main(int argc, char **argv)
{
    nn_error err;
    nn_model *model;
    nn_scores scores;
    nn_train_options options;
    if (argc < 3) {
        fprintf(stderr, "train_classifier FOLDER MODEL.safetensors [quick]\n");
        return 1;
    }
    nn_status status = nn_train_options_init(&options, "classify", &err);
    options.epoch_done = show_epoch;
    if (argc > 3) { // a small network that looks at small pictures
        options.network_options = "alpha=0.125,beta=0";
        options.input_width = options.input_height = 32;
        options.epochs = 12;
        options.rate = 4e-3;
    }
    if (status == NN_OK)
        status = nn_train(&model, argv[1], &options, NULL, &err);
    if (status == NN_OK) {
        status = nn_model_write(model, argv[2], NULL, &err);
        nn_model_free(model);
    }
    if (status == NN_OK)
        status = nn_evaluate(&scores, argv[2], argv[1], NULL, &err);
    if (status != NN_OK) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    printf("%s: %.3f of %d pictures right, %.2f ms each\n", argv[2], nn_scores_get(&scores, "top1"),
           scores.pictures, scores.milliseconds);
    return 0;
}
