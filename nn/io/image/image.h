// SPDX-License-Identifier: MIT
// Loads pictures from files of the usual formats; writes JPEG and PNG.
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
    uint8_t *rgb; // owned; 3 * width * height bytes, rows from top to bottom without padding
} nn_image;

#define NN_IMAGE_KINDS "JPEG, PNG, BMP, TIFF, WebP, GIF"
#define NN_IMAGE_ENDINGS ".jpg.jpeg.png.bmp.tif.tiff.webp.gif"

// Loads a picture. Its content tells the format, not its name. Grey, palette, 16-bit, CMYK and
// alpha (over black) become 8-bit RGB, and the picture is rotated as its Exif orientation says. Of
// an animation or a file with several pictures the first one is loaded. NN_EUNSUPPORTED: this build
// does not read the format, or the picture has more than 2^28 pixels. NN_EFORMAT: the file is
// damaged, cut off, or no picture.
NN_API nn_status nn_image_load(nn_image *image, const char *path, nn_error *err);
// As nn_image_load, but a JPEG may be decoded at 1/2, 1/4 or 1/8 of its size, as long as its sides
// stay at least `width` and `height`. *full_w and *full_h (may be NULL) get the size of the stored
// picture.
NN_API nn_status nn_image_load_at_least(nn_image *image, const char *path, int width, int height,
                                        int *full_w, int *full_h, nn_error *err);
NN_API nn_status nn_image_parse(nn_image *image, const void *bytes, size_t size,
                                nn_error *err); // the same from memory
// Format of a file ("JPEG", ...), told by its first bytes; 32 are enough. It names some formats
// that cannot be loaded, too ("HEIF"). NULL: no picture.
NN_API const char *nn_image_kind(const void *bytes, size_t size);
// Whether a file is a sequence of JPEGs, as cameras and GStreamer's filesink write it: a video. A
// phone's file with several views of one picture (MPF) is none.
NN_API bool nn_image_is_motion_jpeg(const void *bytes, size_t size);

// Walks the pictures of a file: the frames of an animated GIF or WebP as they are shown, else the
// only one. One thread at a time.
typedef struct nn_image_player nn_image_player;
NN_API nn_status nn_image_player_open(nn_image_player **out, const char *path, nn_error *err);
// The same from memory; `bytes` must live until nn_image_player_close.
NN_API nn_status nn_image_player_parse(nn_image_player **out, const void *bytes, size_t size,
                                       nn_error *err);
// Returns 1 with the next picture in *image (the caller releases it) and in *ms the time that it is
// shown, 0 for a still picture; 0 after the last; -1 with `err` when the file is damaged.
NN_API int nn_image_player_next(nn_image_player *p, nn_image *image, int *ms, nn_error *err);
NN_API void nn_image_player_close(nn_image_player *p); // NULL is a no-op

NN_API nn_status nn_image_save_png(const nn_image *image, const char *path, nn_error *err);
// Writes a JPEG of quality 1 .. 100 with 4:2:0 chroma subsampling.
NN_API nn_status nn_image_save_jpeg(const nn_image *image, const char *path, int quality,
                                    nn_error *err);
NN_API void nn_image_release(nn_image *image);
// Frees pixels that were taken out of an nn_image; NULL is a no-op.
NN_API void nn_image_free_pixels(uint8_t *rgb);
// Replaces a picture by its JPEG of this quality (1 .. 100, 4:2:0), decoded again.
NN_API nn_status nn_image_recompress(const nn_image *image, int quality, nn_error *err);

// A picture of class numbers: rows from top to bottom without padding.
typedef struct nn_indices {
    int width, height;
    uint8_t *value; // owned
} nn_indices;

// Loads the values of a grey or palette PNG of at most 8 bits: stored grey levels (0 and 1 with 1
// bit), or palette indices without their colours. NN_EUNSUPPORTED for all other pictures.
NN_API nn_status nn_indices_load(nn_indices *indices, const char *path, nn_error *err);
NN_API nn_status nn_indices_parse(nn_indices *indices, const void *bytes, size_t size,
                                  nn_error *err); // the same from memory
// Writes them as the grey levels of a PNG of 8 bits.
NN_API nn_status nn_indices_save(const nn_indices *indices, const char *path, nn_error *err);
NN_API void nn_indices_release(nn_indices *indices);

// Checks that a file of `bytes` bytes can hold a picture of this size. Decoders call it before they
// allocate.
NN_API nn_status nn_image_check_size(int64_t width, int64_t height, size_t bytes, nn_error *err);

NN_API nn_frame nn_image_frame(const nn_image *image); // a view of the same pixels

#ifdef __cplusplus
}
#endif

#endif
