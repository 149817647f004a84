// SPDX-License-Identifier: MIT
// Inside of an explainer: shared by opening, seeing, choosing targets and the methods.
#ifndef NN_EXPLAIN_EXPLAIN_INTERNAL_H
#define NN_EXPLAIN_EXPLAIN_INTERNAL_H

#include "nn/explain/explain.h"
#include "nn/graph/plan.h"
#include "nn/graph/walk.h"
#include "nn/vision/decode/decode.h"

enum { NN_EXPLAIN_OUTPUTS = 16, NN_EXPLAIN_MAX_SIDE = 4096 };

// A buffer of floats that grows and is reused.
typedef struct nn_floats {
    float *data;
    size_t capacity; // floats
} nn_floats;
nn_status nn_floats_need(nn_floats *f, size_t count, nn_error *err);

// What is explained, as weights of values: T = sum of weight * value.
typedef struct nn_explain_seeds {
    nn_value from[NN_EXPLAIN_OUTPUTS];
    float *weight[NN_EXPLAIN_OUTPUTS]; // as large as the value; in explainer.seed_memory
    int count;
    int channel; // that was chosen; -1: several
} nn_explain_seeds;

struct nn_explainer {
    nn_model *model; // taken apart, without auxiliary outputs
    char *path;
    nn_pool *pool;
    nn_resizer *resizer;
    nn_candidates *candidates;
    const nn_decoder *decoder; // NULL: the head is not known
    nn_head_output output[NN_EXPLAIN_OUTPUTS];
    int output_count, classes;
    float threshold;     // the lowest of all classes
    bool own_thresholds; // those of the card, which may have one for each class
    bool rigid;          // the input has the same size for all frames
    bool exact;

    nn_plan *plan;
    nn_walk_convs *convs; // of the plan
    int input_h, input_w; // the largest input
    int plan_h, plan_w;   // of the plan
    nn_value *layers;     // layer_count values
    int layer_count, default_layer;

    nn_letterbox letterbox; // of the last picture
    bool seen;
    nn_result result;
    nn_floats picture; // the input of the last picture, for methods that change it
    nn_floats seed_memory, work;
};

// explainer_layers.c: the layers of a plan; once for each plan.
nn_status nn_explainer_list_layers(nn_explainer *e, nn_error *err);
// Grad-CAM's choice for what is explained: the last layer that leads to it, when all of it is in
// one of a detector's outputs; else nn_explainer_default_layer.
nn_status nn_explainer_layer_of(const nn_explainer *e, const nn_explain_seeds *s, int *layer,
                                nn_error *err);
// Makes the plan for an input size unless it is there.
nn_status nn_explainer_plan(nn_explainer *e, int h, int w, nn_error *err);
// Where a frame is put in the input, and how large that is; checks the frame.
nn_status nn_explainer_place(const nn_explainer *e, const nn_frame *frame, nn_letterbox *at,
                             nn_error *err);
// Runs the network on what its input now holds, and decodes what it finds.
nn_status nn_explainer_rerun(nn_explainer *e, nn_error *err);
// Points the decoder at the outputs of the plan.
void nn_explainer_read_outputs(nn_explainer *e);

// explain_target.c: weights of what is chosen.
nn_status nn_explain_find_seeds(nn_explainer *e, const nn_explain_target *t, nn_explain_seeds *s,
                                nn_error *err);
// explain_seeds.c: adds a value with weights 0.
nn_status nn_explain_add_start(nn_explainer *e, nn_explain_seeds *s, nn_value v, nn_error *err);
// T for the values of the last run.
double nn_explain_score(const nn_explainer *e, const nn_explain_seeds *s);
// A walk from what is chosen to a value, by a rule (NULL: the operators' own).
nn_status nn_explain_walk(nn_explainer *e, const nn_explain_seeds *s, nn_value to,
                          nn_walk_rule *rule, nn_walk **walk, nn_error *err);
// Writes the weights (times the values themselves: `by_value`) as gradients to start from.
void nn_explain_start(const nn_explainer *e, const nn_explain_seeds *s, nn_walk *w, bool by_value);

// Makes room for a picture or for heat of h x w cells, and sets sizes.
nn_status nn_explain_map_picture(nn_explainer *e, nn_explain_map *map, nn_error *err);
nn_status nn_explain_map_cells(nn_explainer *e, nn_explain_map *map, int h, int w, nn_error *err);
// Copies a gradient of the input, planes in the order R, G, B.
void nn_explain_put_picture(const nn_explainer *e, const float *gradient, nn_explain_map *map);
// Enlarges the cells, which cover the input, to input pixels (bilinear).
nn_status nn_explain_enlarge(nn_explainer *e, nn_explain_map *map, nn_error *err);

// The gradient of the input by a rule (NULL: the operators' own) for one method after another.
nn_status nn_explain_pixels(nn_explainer *e, const nn_explain_target *t, nn_walk_rule *rule,
                            bool by_value, nn_explain_map *map, nn_error *err);

#endif
