// SPDX-License-Identifier: MIT
// The command line of `neroscale train`.
#ifndef APP_TRAIN_TRAIN_OPTIONS_H
#define APP_TRAIN_TRAIN_OPTIONS_H

#include "app/data/data_options.h"
#include "nn/train/trainer.h"

typedef struct app_train_options {
    app_data_options sources;
    char *network, *options, *task, *head, *classes, *rivals, *out, *work, *init, *taps;
    char *class_weights;                // segment: "auto" or a number for each class; NULL: all 1
    char **teachers;                    // models; NULL: none
    char *features;                     // of the first one: "auto" or pairs of maps; NULL: none
    char **freeze, **rate_scales;       // patterns, "pattern=factor"; NULL: none
    int input_w, input_h;               // of inference
    int crop[2];                        // width and height in training
    int sizes[2 * NN_LOADER_MAX_SIZES]; // those of batches; 0: no more
    int val_every, patience;            // epochs
    int threads;
    int cache_mb;
    bool resume;
    bool auto_rate, auto_batch; // --lr auto, --batch auto
    bool force;      // replaces the model file, and a training in WORK
    bool partial;    // less than half of --init is enough
    bool usual_work; // WORK was not named
    bool renorm;     // batch norms behind the convolutions of --init
    bool stretch;    // classify: pictures fill the input instead of being cropped
    double val_crop; // classify: middle part of pictures that inference shows; 0: chosen from them
    nn_model *start; // owned: the whole model of --init when that is trained on (train_init.h)
    nn_trainer_options trainer;
    nn_option_values *more; // owned: what --resume compares besides the trainer's own options
    char source_number[APP_MAX_SOURCES][8];
    char *command; // the command line as it was typed, for the card
} app_train_options;

// The options of the program in rows over this struct; those of steps and views are nn's.
const nn_option *app_train_option_rows(void);

// `o` stays where it is. Parses and checks; argv[0] is "train". False with a one-line text in err;
// --help is answered and ends the program.
bool app_train_options_parse(app_train_options *o, int argc, char **argv, nn_error *err);
void app_train_options_release(app_train_options *o);

#endif
