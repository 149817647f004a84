// SPDX-License-Identifier: MIT
// The command line of `neroscale train`.
#ifndef APP_TRAIN_TRAIN_OPTIONS_H
#define APP_TRAIN_TRAIN_OPTIONS_H

#include "app/data/data_options.h"
#include "nn/train/trainer.h"

typedef struct app_train_options {
    app_data_options sources;
    int factor; // of --task upscale; 0: not given
    char *network, *options, *task, *head, *classes, *rivals, *out, *work, *init, *taps;
    char *tokenizer;              // of --task contrast: a file; NULL: that of --init, else learnt
    char *tokenizer_text;         // its text; NULL: learnt from the captions
    char *vocabulary;             // option of the network that it asks for
    char *class_weights;          // segmentation: "auto" or a number for each class; NULL: all 1
    char **teachers;              // models; NULL: none
    char *features;               // feature maps of the first teacher: "auto" or pairs; NULL: none
    char **freeze, **rate_scales; // patterns, "pattern=factor"; NULL: none
    int input_w, input_h;         // of inference, pixels
    int crop[2];                  // input width and height in training, pixels
    int sizes[2 * NN_LOADER_MAX_SIZES]; // width and height of batches that change size; 0: end of
                                        // the list
    int val_every, patience;            // in epochs
    int threads;
    int cache_mb;
    bool resume;
    bool inspect;               // looks into the layers after each epoch
    bool auto_rate, auto_batch; // --lr auto, --batch auto
    bool force;                 // replaces the model file, and a training in WORK
    bool partial;               // accepts less than half of the parameters from --init
    bool usual_work;            // WORK is the default
    bool quantize;              // trains the 8-bit form of --init
    bool reduce_range;          // of --quantize
    bool renorm;                // adds batch norms after the convolutions of --init
    bool stretch;    // classification: scales pictures to the input instead of cropping them
    double val_crop; // classification: fraction of the picture that inference sees; 0: chosen
    nn_model *start; // owned: the model of --init when it is trained further (train_init.h)
    nn_trainer_options trainer;
    nn_option_values *more; // owned: what --resume compares besides the trainer's options
    char source_number[APP_MAX_SOURCES][8];
    char *command; // the command line as typed, for the card
} app_train_options;

// Option rows of the program over this struct. Options of the trainer and of views are in nn.
const nn_option *app_train_option_rows(void);

// Parses and checks the command line; argv[0] is "train". False with a one-line text in err. --help
// is answered and ends the program. `o` must not move afterwards.
bool app_train_options_parse(app_train_options *o, int argc, char **argv, nn_error *err);
void app_train_options_release(app_train_options *o);

#endif
