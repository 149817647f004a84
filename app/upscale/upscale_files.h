// SPDX-License-Identifier: MIT
// Enlarges files: pictures, folders of pictures, videos.
#ifndef APP_UPSCALE_UPSCALE_FILES_H
#define APP_UPSCALE_UPSCALE_FILES_H

#include "app/cli/progress.h"
#include "nn/predict/upscaler.h"

#include <signal.h>

typedef struct app_upscale {
    nn_upscaler *upscaler; // owned
    app_progress progress;
    const volatile sig_atomic_t *stop; // not 0: stop after the next tile
    int quality;                       // of JPEGs
    int done;                          // pictures and frames so far
    int width, height;                 // of the frames of a video that is written
} app_upscale;

// Writes the picture `in` enlarged to `out`, which ends in .png, .jpg or .jpeg. PNG keeps alpha,
// and grey pictures grey.
nn_status app_upscale_picture(app_upscale *u, const char *in, const char *out, nn_error *err);
// All pictures of a folder into the folder `out`, which exists, by their names; JPEGs stay so, the
// rest becomes PNG. Pictures that cannot be read are reported and counted in *failed.
nn_status app_upscale_folder(app_upscale *u, const char *in, const char *out, int *failed,
                             nn_error *err);
// A video to .mp4 or .mkv, without sound.
nn_status app_upscale_video(app_upscale *u, const char *in, const char *out, nn_error *err);

// Whether a name ends as a picture or as a video that can be written.
bool app_upscale_is_picture(const char *out);
bool app_upscale_is_video(const char *out);

#endif
