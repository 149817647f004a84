// SPDX-License-Identifier: MIT
// Enlarges pictures of any size with a network, tile by tile.
#ifndef NN_PREDICT_UPSCALER_H
#define NN_PREDICT_UPSCALER_H

#include "nn/base/api.h"
#include "nn/graph/model.h"
#include "nn/io/image/image.h"
#include "nn/vision/filter_resize.h"

typedef struct nn_upscaler nn_upscaler;

typedef struct nn_upscaler_options {
    int threads; // 0: one per core
    int tile;    // most pixels of a side that the network sees at once; 0: what is fastest
} nn_upscaler_options;

// Opens `name`, a model file or an installed model. NN_EUNSUPPORTED: it does not enlarge pictures.
// `options` may be NULL.
NN_API nn_status nn_upscaler_open(nn_upscaler **out, const char *name,
                                  const nn_upscaler_options *options, nn_error *err);
// The same with a model, which is taken over, also on failure.
NN_API nn_status nn_upscaler_new(nn_upscaler **out, nn_model *model,
                                 const nn_upscaler_options *options, nn_error *err);
NN_API void nn_upscaler_free(nn_upscaler *u); // NULL is a no-op
NN_API const nn_card *nn_upscaler_card(const nn_upscaler *u);
NN_API int nn_upscaler_factor(const nn_upscaler *u); // how many times the sides grow

// Called after each tile; false ends the work with NN_EINVAL.
typedef bool nn_upscaler_progress(void *ctx, int done, int total);
NN_API void nn_upscaler_watch(nn_upscaler *u, nn_upscaler_progress *progress, void *ctx);

// Enlarges luma. `limited`: it is in 16 .. 235, as video has it; else in 0 .. 255. `out` is
// `factor` times as wide and high as `in`, or NN_EINVAL. One thread at a time.
NN_API nn_status nn_upscaler_luma(nn_upscaler *u, const nn_byte_plane *in, const nn_byte_plane *out,
                                  bool limited, nn_error *err);
// Enlarges a picture: its luma by the network, its colours bicubically where the network knows only
// luma. The caller releases *out.
NN_API nn_status nn_upscaler_picture(nn_upscaler *u, const nn_image *in, nn_image *out,
                                     nn_error *err);
// The same without a network: what scores compare with.
NN_API nn_status nn_bicubic_picture(const nn_image *in, int width, int height, nn_image *out,
                                    nn_error *err);

#endif
