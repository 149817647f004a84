// SPDX-License-Identifier: MIT
// The public interface of libneroscale: status and errors, pictures and frames, models, predictors,
// results.
#ifndef NN_NN_H
#define NN_NN_H

#include "nn/api/model.h"
#include "nn/api/predictor.h"
#include "nn/api/train.h"
#include "nn/base/status.h"
#include "nn/io/image/image.h"
#include "nn/vision/frame.h"
#include "nn/vision/result.h"

#endif
