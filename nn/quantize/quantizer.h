// SPDX-License-Identifier: MIT
// The inside of a quantiser: what calibration counts, and what the rewriting of the graph reads.
#ifndef NN_QUANTIZE_QUANTIZER_H
#define NN_QUANTIZE_QUANTIZER_H

#include "nn/base/rng.h"
#include "nn/graph/plan.h"
#include "nn/quantize/histogram.h"
#include "nn/quantize/points.h"
#include "nn/quantize/quantize.h"

enum { NN_QUANTIZE_PROBES = 4 };

struct nn_quantizer {
    nn_model *model; // fused
    nn_quantize_options options;
    nn_plan *plan;
    nn_quantize_points points; // of all layers: what is counted
    nn_shape *shapes;          // of all values
    nn_histogram **counts;     // of each value; NULL: not quantised
    int *axis;                 // of each value: that of its channels; -1: of a scalar
    double **means;            // of each value that a layer reads: sums of its channels
    float **most;              // of each of these: the largest magnitudes of its channels
    int64_t pictures;
    // Inputs of some pictures, drawn at random: every picture is as likely to be among them.
    float *probes[NN_QUANTIZE_PROBES];
    int probe_count;
    nn_rng rng;
};

// A scale and a zero point: number = (whole - zero) * scale.
typedef struct nn_scale {
    float scale, zero;
} nn_scale;

// The graph with its nodes quantize_linear and dequantize_linear. `scales` has one for each value.
nn_status nn_quantize_rewrite(const nn_quantizer *q, const nn_quantize_points *points,
                              const nn_scale *scales, nn_model **out, nn_error *err);

#endif
