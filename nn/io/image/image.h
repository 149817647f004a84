// SPDX-License-Identifier: MIT
// Pictures from files of the usual kinds, and to JPEG and PNG.
#ifndef NN_IO_IMAGE_IMAGE_H
#define NN_IO_IMAGE_IMAGE_H

#include "nn/base/api.h"
#include "nn/vision/frame.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nn_image {
    int width, height;
    uint8_t *rgb; // owned, 3 width height bytes, rows top down without padding
} nn_image;

#define NN_IMAGE_KINDS "JPEG, PNG, BMP, TIFF, WebP, GIF"
#define NN_IMAGE_ENDINGS ".jpg.jpeg.png.bmp.tif.tiff.webp.gif"

// Loads a picture of one of these kinds (told by content); grey, palette, 16 bits, CMYK and alpha
// (on black) become RGB, and a picture is turned as its Exif data say. Of moving and of several
// pictures the first. NN_EUNSUPPORTED: of a kind that this build does not read, or of more than
// 2^28 pixels; NN_EFORMAT: damaged, cut off, or no picture.
NN_API nn_status nn_image_load(nn_image *image, const char *path, nn_error *err);
// As above, but a JPEG may be decoded at 1/2, 1/4 or 1/8 as long as both sides stay >= the given
// ones. *full_w, *full_h (may be NULL) get the size of the file's picture.
NN_API nn_status nn_image_load_at_least(nn_image *image, const char *path, int width, int height,
                                        int *full_w, int *full_h, nn_error *err);
NN_API nn_status nn_image_parse(nn_image *image, const void *bytes, size_t size,
                                nn_error *err); // for fuzzing
// The kind of a file, from its first bytes (32 tell all), also of some that are not read ("HEIF");
// NULL: no picture.
NN_API const char *nn_image_kind(const void *bytes, size_t size);
// Whether a file is JPEGs one after the other, as cameras and GStreamer's filesink write them: a
// video. Not the several views in one file of phones (MPF).
NN_API bool nn_image_is_motion_jpeg(const void *bytes, size_t size);

// The pictures of a file one after the other: of animated GIF and WebP as they are seen, of all
// others one. Any thread, one at a time.
typedef struct nn_image_player nn_image_player;
NN_API nn_status nn_image_player_open(nn_image_player **out, const char *path, nn_error *err);
// The bytes stay the caller's until the end.
NN_API nn_status nn_image_player_parse(nn_image_player **out, const void *bytes, size_t size,
                                       nn_error *err);
// 1 and a picture, which the caller releases, with the time it is shown (0: it does not move); 0:
// there is no more; -1: damaged, with err.
NN_API int nn_image_player_next(nn_image_player *p, nn_image *image, int *ms, nn_error *err);
NN_API void nn_image_player_close(nn_image_player *p); // NULL is a no-op

NN_API nn_status nn_image_save_png(const nn_image *image, const char *path, nn_error *err);
// Quality 1 to 100; the colours at half the resolution, as cameras do it.
NN_API nn_status nn_image_save_jpeg(const nn_image *image, const char *path, int quality,
                                    nn_error *err);
NN_API void nn_image_release(nn_image *image);
// Frees the pixels of a picture that somebody took over; NULL is a no-op.
NN_API void nn_image_free_pixels(uint8_t *rgb);
// Makes of a picture in memory what a JPEG of this quality (1 .. 100, 4:2:0) keeps of it.
NN_API nn_status nn_image_recompress(const nn_image *image, int quality, nn_error *err);

// A picture of numbers: rows top down without padding.
typedef struct nn_indices {
    int width, height;
    uint8_t *value; // owned
} nn_indices;

// Loads a PNG of grey levels or of a palette, up to 8 bits: the numbers are the levels as they are
// stored (0 and 1 when they have 1 bit), or the places in the palette, whose colours are not looked
// at. NN_EUNSUPPORTED for PNGs of other kinds and other files.
NN_API nn_status nn_indices_load(nn_indices *indices, const char *path, nn_error *err);
NN_API nn_status nn_indices_parse(nn_indices *indices, const void *bytes, size_t size,
                                  nn_error *err); // for fuzzing
NN_API void nn_indices_release(nn_indices *indices);

// Whether a file of `bytes` may hold that many pixels: for decoders, before they allocate.
NN_API nn_status nn_image_check_size(int64_t width, int64_t height, size_t bytes, nn_error *err);

NN_API nn_frame nn_image_frame(const nn_image *image); // a view

#ifdef __cplusplus
}
#endif

#endif
