// SPDX-License-Identifier: MIT
// What a network sees: the values of its layers for a picture, and by several methods what in the
// picture they come from.
#ifndef NN_EXPLAIN_EXPLAIN_H
#define NN_EXPLAIN_EXPLAIN_H

#include "nn/base/api.h"
#include "nn/graph/model.h"
#include "nn/vision/frame.h"
#include "nn/vision/resize.h"
#include "nn/vision/result.h"

// --- a model that is looked into: one thread at a time ---

// A model, a plan that keeps all values, and the last picture.
typedef struct nn_explainer nn_explainer;

typedef struct nn_explainer_options {
    int threads;          // 0: one for each core
    int input_h, input_w; // the largest input in pixels; 0: the card's
    const char *head;     // decoder in nn/vision/decode; NULL: the card's
    const char *labels;   // class names: "a,b" or a text file with one a line; NULL: the card's
    float threshold;      // of boxes; <= 0: the card's
    bool exact;           // only what rounds like plain float32 sums, see nn_plan_options; slower
} nn_explainer_options;

// Opens a model file, an installed model, or a network of the zoo by its name, which gets start
// weights (always the same). `options` may be NULL. NN_EUNSUPPORTED: not one picture as input.
NN_API nn_status nn_explainer_open(nn_explainer **out, const char *model,
                                   const nn_explainer_options *options, nn_error *err);
// The same for a model in memory, which it takes over (also on failure). A fused one is taken
// apart again. `path` is where it came from, for errors.
NN_API nn_status nn_explainer_new(nn_explainer **out, nn_model *model, const char *path,
                                  const nn_explainer_options *options, nn_error *err);
NN_API void nn_explainer_free(nn_explainer *e);
NN_API const nn_card *nn_explainer_card(const nn_explainer *e); // borrowed
// The model as it is looked into, borrowed: activations are nodes, nothing is folded.
NN_API const nn_model *nn_explainer_model(const nn_explainer *e);
// Bytes of values, gradients and work space: all that pictures of the present size take, with any
// method. The parameters come on top.
NN_API size_t nn_explainer_bytes(const nn_explainer *e);

// The output of a node for one picture. Names and words live as long as the explainer.
typedef struct nn_explain_layer {
    const char *name, *op;
    int channels, height, width; // height and width 0: a vector
} nn_explain_layer;

// The layers that depend on the picture and have one value, maps or a vector, for each channel, in
// the order in which they run. Heights and widths are those of the last picture (before it, of the
// largest input); names and number never change.
NN_API int nn_explainer_layer_count(const nn_explainer *e);
NN_API nn_explain_layer nn_explainer_layer(const nn_explainer *e, int i);
// Its index, or -1 with an error that names those that may be meant.
NN_API int nn_explainer_find_layer(const nn_explainer *e, const char *name, nn_error *err);
// The last maps before the head that all of the head depends on: Grad-CAM's choice. -1: there are
// no maps.
NN_API int nn_explainer_default_layer(const nn_explainer *e);

// Prepares a frame of any size and format as the model does, runs it and keeps all values.
NN_API nn_status nn_explainer_see(nn_explainer *e, const nn_frame *frame, nn_error *err);
// Values of a layer, 1 x C x H x W or 1 x C; the network's input for -1. Valid until the next see
// or explanation.
NN_API const nn_tensor *nn_explainer_values(const nn_explainer *e, int layer);
// What the model finds in the picture, in frame pixels: boxes of a detector; of a classifier up to
// 5 boxes around the frame, one for each of the best classes, with probabilities; empty when the
// head of the model is not known.
NN_API const nn_result *nn_explainer_result(const nn_explainer *e);
// Where the frame lies in the input: input = frame * scale + pad.
NN_API nn_letterbox nn_explainer_letterbox(const nn_explainer *e);

// --- explanations ---

// What is to be explained.
typedef struct nn_explain_target {
    int layer;     // -1: the output of the network
    int channel;   // of the layer, or the class at the output; -1: all, or the strongest class
    int box;       // detectors at the output: index in nn_explainer_result; -1: all of the class
    int y, x;      // cell of the layer or of an output of maps; -1: all cells
    int strongest; // of what is chosen in a layer, only the N largest values; 0: all
} nn_explain_target;
NN_API void nn_explain_target_init(nn_explain_target *t); // the output's strongest class

typedef struct nn_explain_settings {
    int cam_layer;  // *cam: the layer whose maps are weighed; -1: the last one that leads there
    int samples;    // smoothgrad: noisy pictures; 25
    float noise;    // smoothgrad: deviation of the noise in parts of the input's range; 0.15
    int steps;      // integrated: points of the path; 64
    float baseline; // integrated: the grey of 0 .. 1 that the path begins at; 0: black
    int patch;      // occlusion: side of the covered square in input pixels; 0: a seventh
    int stride;     // occlusion: pixels from one square to the next; 0: half a patch
    float cover;    // occlusion: grey of the square; 0.5
    uint64_t seed;  // of random numbers
} nn_explain_settings;
NN_API void nn_explain_settings_init(nn_explain_settings *s);

typedef enum nn_explain_kind {
    NN_EXPLAIN_PICTURE, // signed, a number for each channel of each input pixel
    NN_EXPLAIN_HEAT,    // a number for each place
} nn_explain_kind;

// An explanation. Start with a zeroed one; it is reused and owned by the caller.
typedef struct nn_explain_map {
    nn_explain_kind kind;
    int channels;          // 3: planes R, G, B of a picture; 1: heat
    int height, width;     // of the network's input
    float *data;           // channels x height x width
    int cells_h, cells_w;  // heat as it was computed, before it was enlarged; 0: a picture
    float *cells;          // cells_h x cells_w
    float score;           // the target's value: a class's logit, or the sum of chosen activations
    const char *method;    // its word
    int layer, channel;    // of the target; *cam: `layer` is the one whose maps were weighed
    double forward_passes; // what it cost, the run of `see` included, in forward passes (by MACs)
    size_t capacity, cells_capacity; // private
} nn_explain_map;
NN_API void nn_explain_map_release(nn_explain_map *m); // leaves it zeroed

typedef struct nn_explain_method nn_explain_method;
struct nn_explain_method {
    const char *word, *help; // help: one line, ends with the source
    nn_explain_kind kind;
    bool cam; // heat of the maps of settings.cam_layer
    // Private: fills `map` but for its words; the picture has been seen.
    nn_status (*run)(nn_explainer *e, const nn_explain_target *t, const nn_explain_settings *s,
                     nn_explain_map *map, nn_error *err);
};
NN_API const nn_explain_method *const *nn_explain_methods(int *count);
// NULL when unknown.
NN_API const nn_explain_method *nn_explain_method_find(const char *word);

// Explains a target of the last picture that was seen; `settings` may be NULL. NN_EUNSUPPORTED
// names the node whose operator has no backward. NN_EINVAL: an unknown method (lists them), no such
// channel, cell, box, or nothing seen. NN_EFORMAT: the network gives numbers that are not finite.
// Results do not depend on the number of threads.
NN_API nn_status nn_explain(nn_explainer *e, const char *method, const nn_explain_target *target,
                            const nn_explain_settings *settings, nn_explain_map *map,
                            nn_error *err);

#endif
