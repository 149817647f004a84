// SPDX-License-Identifier: MIT
// A loop over raw RGB frames from standard input: camera MODEL WIDTH HEIGHT. From a camera:
//   gst-launch-1.0 -q v4l2src ! videoconvert ! videoscale !
//     video/x-raw,format=RGB,width=640,height=480 ! fdsink | camera street 640 480
#include <nn/nn.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    nn_error err;
    nn_predictor *p;
    const int width = argc == 4 ? (int)strtol(argv[2], NULL, 10) : 0;
    const int height = argc == 4 ? (int)strtol(argv[3], NULL, 10) : 0;
    const size_t row = ((size_t)width * 3 + 3) & ~(size_t)3; // as GStreamer pads RGB
    if (width < 1 || height < 1 || width > 16384 || height > 16384) {
        fprintf(stderr, "camera MODEL WIDTH HEIGHT\n");
        return 1;
    }
    if (nn_predictor_open(&p, argv[1], NULL, &err) != NN_OK) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    uint8_t *pixels = malloc(row * (size_t)height);
    nn_result *found = nn_result_new();
    nn_frame frame = {.format = NN_PIXEL_RGB, .width = width, .height = height};
    frame.plane[0] = pixels;
    frame.stride[0] = (int)row;
    nn_status status = pixels && found ? NN_OK : nn_fail(&err, NN_ENOMEM, "out of memory");
    while (status == NN_OK && fread(pixels, row, (size_t)height, stdin) == (size_t)height) {
        status = nn_predictor_run(p, &frame, found, &err);
        if (status == NN_OK)
            printf("%d found in %.1f ms\n", found->count, (double)found->infer_ms);
    }
    if (status != NN_OK)
        fprintf(stderr, "%s\n", err.text);
    nn_result_free(found);
    free(pixels);
    nn_predictor_free(p);
    return status != NN_OK;
}
