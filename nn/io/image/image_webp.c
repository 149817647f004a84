// SPDX-License-Identifier: MIT
// Reads WebP through libwebp; libwebpdemux composes animations.
#include "nn/base/memory.h"
#include "nn/io/image/image_format.h"

#include <webp/decode.h>
#include <webp/demux.h>

typedef struct webp {
    const nn_image_input *in; // NULL: the only picture was returned
    int width, height;
    bool alpha;
    WebPAnimDecoder *movie; // NULL: a still picture
    int shown;              // milliseconds up to the end of the last picture
} webp;

static nn_status damaged(nn_error *err)
{
    return nn_fail(err, NN_EFORMAT, "WebP: damaged, or it ends too early");
}

static nn_status open_movie(webp *w, nn_error *err)
{
    WebPAnimDecoderOptions options;
    const WebPData data = {w->in->bytes, w->in->size};
    if (!WebPAnimDecoderOptionsInit(&options))
        return nn_fail(err, NN_EUNSUPPORTED, "WebP: libwebpdemux is of another version");
    options.color_mode = MODE_rgbA;
    w->movie = WebPAnimDecoderNew(&data, &options);
    return w->movie ? NN_OK : damaged(err);
}

static nn_status open_webp(void **state, const nn_image_input *in, nn_error *err)
{
    WebPBitstreamFeatures f;
    *state = NULL;
    if (WebPGetFeatures(in->bytes, in->size, &f) != VP8_STATUS_OK)
        return damaged(err);
    nn_status status = nn_image_check_size(f.width, f.height, in->size, err);
    if (status != NN_OK)
        return status;
    webp *w = nn_calloc(1, sizeof *w);
    if (!w)
        return nn_fail(err, NN_ENOMEM, "WebP: out of memory");
    *w = (webp){.in = in, .width = f.width, .height = f.height, .alpha = f.has_alpha};
    if (f.has_animation)
        status = open_movie(w, err);
    if (status == NN_OK)
        *state = w;
    else
        nn_free(w);
    return status;
}

static nn_status read_still(webp *w, nn_image *image, nn_error *err)
{
    const nn_image_input *in = w->in;
    const size_t pixels = (size_t)w->width * (size_t)w->height;
    w->in = NULL;
    WebPDecoderConfig config;
    uint8_t *rgba = w->alpha ? nn_alloc(4 * pixels) : NULL;
    if (w->alpha && !rgba)
        return nn_fail(err, NN_ENOMEM, "no memory for a picture of %dx%d", w->width, w->height);
    nn_status status = NN_OK;
    if (!WebPInitDecoderConfig(&config)) {
        status = nn_fail(err, NN_EUNSUPPORTED, "WebP: libwebp is of another version");
    } else {
        const int bytes = rgba ? 4 : 3;
        config.output.colorspace = rgba ? MODE_rgbA : MODE_RGB;
        config.output.is_external_memory = 1;
        config.output.u.RGBA.rgba = rgba ? rgba : image->rgb;
        config.output.u.RGBA.stride = bytes * w->width;
        config.output.u.RGBA.size = (size_t)bytes * pixels;
        if (WebPDecode(in->bytes, in->size, &config) != VP8_STATUS_OK)
            status = damaged(err);
        else if (rgba)
            nn_image_drop_alpha(image->rgb, rgba, pixels);
    }
    nn_free(rgba);
    return status;
}

// 0: the end.
static int read_next(webp *w, nn_image *image, int *ms, nn_error *err)
{
    uint8_t *canvas;
    int until;
    if (!WebPAnimDecoderHasMoreFrames(w->movie))
        return 0;
    if (!WebPAnimDecoderGetNext(w->movie, &canvas, &until)) {
        damaged(err);
        return -1;
    }
    nn_image_drop_alpha(image->rgb, canvas, (size_t)w->width * (size_t)w->height);
    *ms = until - w->shown;
    w->shown = until;
    return 1;
}

static int next_webp(void *state, nn_image *image, int *ms, nn_error *err)
{
    webp *w = state;
    if (!w->in)
        return 0;
    if (nn_image_allocate(image, w->width, w->height, w->in->size, err) != NN_OK)
        return -1;
    *ms = 0;
    const int got = w->movie                             ? read_next(w, image, ms, err)
                    : read_still(w, image, err) == NN_OK ? 1
                                                         : -1;
    if (got != 1)
        nn_image_release(image);
    return got;
}

static void close_webp(void *state)
{
    webp *w = state;
    if (w && w->movie)
        WebPAnimDecoderDelete(w->movie);
    nn_free(w);
}

const nn_image_movie nn_image_movie_webp = {open_webp, next_webp, close_webp};
