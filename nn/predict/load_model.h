// SPDX-License-Identifier: MIT
// Models from files of all kinds, with all that is known of them: what the file says, what the JSON
// file beside it says, and what the shapes of the outputs tell.
#ifndef NN_PREDICT_LOAD_MODEL_H
#define NN_PREDICT_LOAD_MODEL_H

#include "nn/base/api.h"
#include "nn/graph/model.h"

// Loads a model (path or installed name). The card of a tensor file names a network, which is built
// and filled; every parameter must be there with its shape, and the error names the first one that
// is not. The card of an ONNX file comes from its metadata, else from the only head that fits its
// outputs. Keys in a sidecar, FILE.json for FILE.onnx, override both (nn/io/README.md).
NN_API nn_status nn_model_load(nn_model **out, const char *name, nn_error *err);

// Texts as classes (zero_shot.h), of models that compare pictures with texts.
typedef struct nn_text_classes {
    const char *texts;     // "a red circle,a blue bar", or a text file with one a line
    const char *model;     // model of the texts' side, where it has a file of its own; NULL
    const char *tokenizer; // a file (nn/text/tokenizer.h); NULL: the model's
    float scale;           // of cosines; 0: the model's, else NN_ZERO_SHOT_SCALE
} nn_text_classes;

// Facts that override those of the file; each may be NULL or 0.
typedef struct nn_model_hints {
    const char *head;     // decoder in nn/vision/decode
    const char *labels;   // class names: "a,b" or a text file with one a line
    int input_h, input_w; // for ONNX files, which are read for one size; else as in the card
    const nn_text_classes *texts; // the model becomes a classifier of these
    bool classifies;              // outputs that could be scores of classes are
    bool tail; // the caller runs nn_model.tail; else models that need one are refused
} nn_model_hints;
NN_API nn_status nn_model_load_with(nn_model **out, const char *name, const nn_model_hints *hints,
                                    nn_error *err);

#endif
