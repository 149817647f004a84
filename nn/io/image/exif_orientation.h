// SPDX-License-Identifier: MIT
// Metadata of picture files: the Exif orientation, and Adobe's CMYK.
#ifndef NN_IO_IMAGE_EXIF_ORIENTATION_H
#define NN_IO_IMAGE_EXIF_ORIENTATION_H

#include "nn/io/image/image.h"

// The Exif orientation in a whole JPEG, PNG, WebP or TIFF, 1 to 8. 1 (as stored) when it is missing
// or damaged (CIPA DC-008, 4.6.4 A, tag 274).
int nn_exif_orientation(const uint8_t *bytes, size_t size);
// Whether an orientation swaps width and height.
bool nn_exif_swaps_axes(int orientation);
// The same for a file; 1 when it cannot be read.
int nn_exif_orientation_of_file(const char *path);
// Maps a point of the stored picture, of width x height, to the rotated one.
void nn_exif_apply_point(int orientation, int width, int height, float *x, float *y);
// Rotates a plane of width x height values into `out`, which has as many.
void nn_exif_apply_plane(uint8_t *out, const uint8_t *plane, int width, int height,
                         int orientation);
// Rotates and mirrors a stored picture by its orientation. On failure it stays as it was.
nn_status nn_exif_apply(nn_image *image, int orientation, nn_error *err);
// NN_EFORMAT when a chunk of a PNG is longer than the rest of the file: libpng allocates its stated
// length before it reads.
nn_status nn_image_check_chunks(const uint8_t *bytes, size_t size, nn_error *err);
// Whether a JPEG is Adobe's, which stores CMYK inverted.
bool nn_image_is_adobe(const uint8_t *bytes, size_t size);

#endif
