// SPDX-License-Identifier: MIT
// The input of commands that compare numbers: the reference input, or tensors of a file.
#ifndef APP_CLI_MODEL_INPUT_H
#define APP_CLI_MODEL_INPUT_H

#include "app/cli/open_model.h"
#include "nn/graph/plan.h"
#include "nn/io/io.h"

enum { APP_MAX_INPUTS = 16 };

typedef struct app_model_input {
    const char *path; // borrowed; NULL: the reference input
    nn_bundle tensors;
} app_model_input;

// `name` is NULL or "reference", or a file with a tensor for each input by name, one called
// "input", or a single one.
nn_status app_model_input_open(app_model_input *in, const char *name, nn_error *err);
void app_model_input_release(app_model_input *in);

// Passes the shape in the file to a model that will be opened: ONNX files are read for one shape.
void app_model_input_suit(const app_model_input *in, app_model_source *from);
// Shapes of all inputs, at most APP_MAX_INPUTS: those of the tensors, the model's own, or an image
// of height x width (0: the card's).
nn_status app_model_input_shapes(const app_model_input *in, const nn_model *m, int height,
                                 int width, nn_shape *shapes, nn_error *err);
// Fills the inputs of a plan with these shapes.
void app_model_input_fill(const app_model_input *in, const nn_model *m, const nn_plan *plan);

#endif
