// SPDX-License-Identifier: MIT
// The networks that can be built by name: their builders, options and preprocessing.
#ifndef NN_ZOO_ZOO_H
#define NN_ZOO_ZOO_H

#include "nn/base/api.h"
#include "nn/graph/model.h"

// Values of options. A network rejects options that it does not have.
typedef struct nn_zoo_options {
    int classes;       // 0: task "pretrain", the features before the last layer
    float alpha, beta; // width and depth multipliers
    char attention[8]; // "se", "cbam", "none"
    int transformer;   // encoder layers
    float drop;        // factor on every dropout rate; 0 makes training deterministic
    int aux;           // 1: with auxiliary classifiers, for training
    char levels[12];   // heads: strides with predictions, finest first: "8", "8+16", "8+16+32"
    int neck;          // heads: channels of neck and towers
    int keypoints;     // head "pose": of an object
    int prototypes;    // head "instance": of masks
    // Rate at which training leaves out the branch of the last residual block, earlier ones in
    // proportion (nn_layer_stochastic_depth); not given: the network's own times `drop`.
    float stochastic_depth;
    int factor;    // of networks that enlarge: of the sides of a picture
    char scale[8]; // depth, width and input together: "nano" to "x"; "": none was chosen
    // head "clip": of embeddings, of the text's transformer, its layers; tokens of a text, and
    // kinds of them
    int embed, text_width, text_layers, context, vocabulary;
    char stem[8]; // "large" for photographs, "small" for pictures of about 32x32
} nn_zoo_options;

// Feature maps for heads (taps.h), each of half the size of the one before.
typedef struct nn_zoo_features {
    nn_value map[3];
    int channels[3];
    int stride; // of map[0], in: 4 (then 8 and 16) or 8 (then 16 and 32); 0: no maps are wanted
} nn_zoo_features;

typedef struct nn_zoo_scaling nn_zoo_scaling; // scaling.h

typedef struct nn_zoo_net nn_zoo_net;
struct nn_zoo_net {
    const char *name, *summary; // summary ends with the source: "(Krizhevsky 2012)"
    // the options that apply: "classes,alpha,beta,attention,transformer,drop"
    const char *option_names;
    nn_zoo_options defaults;
    int input_h, input_w;
    float mean[3], std[3];
    const void *design;            // private to a family: distinguishes its networks
    const nn_zoo_scaling *scaling; // of its option "scale"; NULL: it has none
    int finest;                    // stride of the first map for heads that leave it open; 0: 4
    // Builds the backbone up to its feature maps; NULL for networks that do not classify.
    void (*features)(nn_graph *g, nn_value image, const nn_zoo_net *net, const nn_zoo_options *o,
                     nn_zoo_features *out);
    // Builds the classifier: declares the output "output", logits (N, classes), and with o->aux
    // "aux1", ... of the same shape, whose losses have weight 0.3 in training (Szegedy 2014,
    // section 5).
    // NULL: it does not classify.
    void (*classify)(nn_graph *g, nn_value image, const nn_zoo_net *net, const nn_zoo_options *o);
    // Builds the network of the task "upscale": from luma (N, 1, H, W) the output "output",
    // (N, 1, H * factor, W * factor); NULL: it does not enlarge pictures.
    void (*upscale)(nn_graph *g, nn_value luma, const nn_zoo_net *net, const nn_zoo_options *o);
    void (*init)(nn_model *m); // called after nn_model_init_random; NULL: that is enough
};

// The task that a network (NULL: an unknown one) has without a head: "classify" or "upscale".
NN_API const char *nn_zoo_own_task(const nn_zoo_net *net);

// Preprocessing of torchvision's ImageNet weights.
#define NN_ZOO_IMAGENET_MEAN                                                                       \
    {                                                                                              \
        0.485f, 0.456f, 0.406f                                                                     \
    }
#define NN_ZOO_IMAGENET_STD                                                                        \
    {                                                                                              \
        0.229f, 0.224f, 0.225f                                                                     \
    }

NN_API const nn_zoo_net *nn_zoo_find(const char *name); // NULL when unknown
NN_API int nn_zoo_count(void);
NN_API const nn_zoo_net *nn_zoo_at(int i);

typedef struct nn_zoo_head nn_zoo_head; // heads.h

// Parses "alpha=0.25,classes=3" over the defaults of the network and, for dense tasks, of the head
// (NULL for a classifier). The error lists the existing options.
nn_status nn_zoo_parse_options(const nn_zoo_net *net, const nn_zoo_head *head, const char *text,
                               nn_zoo_options *out, nn_error *err);
// The size of the input for these options: that of the network, or with an option "scale"
// `width` x `height` scaled with it; 0: the network's own sides. NN_EINVAL: wrong options.
NN_API nn_status nn_zoo_input_size(const nn_zoo_net *net, const nn_zoo_head *head,
                                   const char *options, int *width, int *height, nn_error *err);
// Writes all options that apply as text, in a fixed order. What has no value is left out.
NN_API void nn_zoo_format_options(const nn_zoo_net *net, const nn_zoo_head *head,
                                  const nn_zoo_options *o, char *buf, size_t size);

// Makes a model for card->network, card->options, card->task and card->head. Its card is a copy
// with all options written out, and with the network's input size, mean and std where the card has
// 0. The parameters are those of nn_model_new: initialise or load them. The graph's input is
// "image". Its outputs are "output" for classify and upscale (and "aux1", ... with aux=1); for
// detect and segment those of the head (heads.h).
NN_API nn_status nn_zoo_build(nn_model **out, const nn_card *card, nn_error *err);

// The graph of nn_zoo_build alone, without memory for parameters.
NN_API nn_status nn_zoo_graph(nn_graph **out, const nn_card *card, nn_error *err);

// nn_model_init_random, then the initialisation of the head in the model's card. `object` is the
// typical width and height of an object in pixels of the network input, from which box outputs
// start; NULL: unknown.
NN_API void nn_zoo_init_random(nn_model *m, uint64_t seed, const float object[2]);

#endif
