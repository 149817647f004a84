// SPDX-License-Identifier: MIT
// ONNX: ImageDecoder, the bytes of a picture's file to its pixels, H x W x channels of 0 .. 255.
#include "nn/base/memory.h"
#include "nn/io/image/image.h"
#include "nn/io/onnx/import/compose.h"

typedef enum pixels { RGB, BGR, GREY } pixels;

static pixels find_pixels(nn_onnx_node *n)
{
    if (nn_onnx_is(n, "pixel_format", "BGR", false))
        return BGR;
    if (nn_onnx_is(n, "pixel_format", "Grayscale", false))
        return GREY;
    if (!nn_onnx_is(n, "pixel_format", "RGB", true))
        nn_onnx_fail(n, NN_EUNSUPPORTED, "its pixel_format is none of RGB, BGR and Grayscale");
    return RGB;
}

// The elements as bytes; NULL after a failure.
static uint8_t *make_bytes(nn_onnx_node *n, const nn_onnx_value *x, int64_t count)
{
    uint8_t *bytes = nn_alloc((size_t)count + 1);
    if (!bytes)
        nn_onnx_fail(n, NN_ENOMEM, "out of memory");
    for (int64_t i = 0; bytes && i < count; i++)
        bytes[i] = x->data[i] >= 0 && x->data[i] <= 255 ? (uint8_t)x->data[i] : 0;
    return bytes;
}

// Grey is the luma of BT.601, rounded.
static void write_pixel(float *to, const uint8_t *rgb, pixels kind)
{
    if (kind == GREY)
        *to = (float)((19595 * rgb[0] + 38470 * rgb[1] + 7471 * rgb[2] + 32768) >> 16);
    for (int k = 0; k < 3 && kind != GREY; k++)
        to[k] = rgb[kind == BGR ? 2 - k : k];
}

static void build_decoder(nn_onnx_node *n)
{
    const nn_onnx_value *x = n->in[0];
    const int64_t count = nn_shape_count(&x->shape);
    const pixels kind = find_pixels(n);
    nn_image image = {0};
    nn_error err;
    float *data;
    if (!nn_onnx_needs_constant(n, 0, "the picture"))
        return;
    uint8_t *bytes = make_bytes(n, x, count);
    if (bytes && nn_image_parse(&image, bytes, (size_t)count, &err) != NN_OK)
        nn_onnx_fail(n, err.status, "%s", err.text);
    nn_free(bytes);
    if (nn_onnx_failed(n))
        return;
    const int channels = kind == GREY ? 1 : 3;
    const nn_shape shape = {3, {image.height, image.width, channels}};
    const nn_onnx_value *y = nn_onnx_make(n, &shape, true, &data);
    for (int64_t i = 0; data && i < (int64_t)image.height * image.width; i++)
        write_pixel(data + i * channels, image.rgb + 3 * i, kind);
    nn_image_release(&image);
    nn_onnx_output(n, 0, y);
}

const nn_onnx_op nn_onnx_picture_ops[] = {
    {"ImageDecoder", 1, 1, 1, build_decoder, 0},
    {0},
};
