// SPDX-License-Identifier: MIT
// Outputs whose shapes fit a head and other things as well.
#ifndef NN_PREDICT_DOUBTFUL_HEAD_H
#define NN_PREDICT_DOUBTFUL_HEAD_H

#include "nn/graph/model.h"
#include "nn/vision/decode/decode.h"

// Whether outputs of a model that the only fitting decoder takes for `classes` classes may be
// something else: rows with keypoints or an angle instead of more classes, maps of keypoints, an
// embedding, features or landmarks instead of scores. Names of classes in the file, the task of its
// exporter, a softmax and the names of outputs settle it. `h`, `w`: size of the input.
bool nn_head_is_doubtful(const nn_model *m, const nn_decoder *d, const nn_head_output *outputs,
                         int n, int h, int w, int classes);

#endif
