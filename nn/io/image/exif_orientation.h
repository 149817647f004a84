// SPDX-License-Identifier: MIT
// What files of pictures say beside the pixels: how the camera was held, whose CMYK it is.
#ifndef NN_IO_IMAGE_EXIF_ORIENTATION_H
#define NN_IO_IMAGE_EXIF_ORIENTATION_H

#include "nn/io/image/image.h"

// Exif's orientation in a whole JPEG, PNG, WebP or TIFF, 1 to 8; 1 (as it is stored) when there is
// none, or a damaged one (CIPA DC-008, 4.6.4 A, tag 274).
int nn_exif_orientation(const uint8_t *bytes, size_t size);
// Whether an orientation swaps width and height.
bool nn_exif_swaps_axes(int orientation);
// The same of a file; 1 also when it cannot be read.
int nn_exif_orientation_of_file(const char *path);
// Where a point of the stored picture lies in the turned one, of width x height.
void nn_exif_apply_point(int orientation, int width, int height, float *x, float *y);
// A plane of width x height values as it was seen, into `out` of the same number.
void nn_exif_apply_plane(uint8_t *out, const uint8_t *plane, int width, int height,
                         int orientation);
// Turns and mirrors a stored picture to how it was seen. It stays as it was on failure.
nn_status nn_exif_apply(nn_image *image, int orientation, nn_error *err);
// NN_EFORMAT when a chunk of a PNG says that it is longer than what is left of the file: libpng
// allocates what a chunk says before it reads.
nn_status nn_image_check_chunks(const uint8_t *bytes, size_t size, nn_error *err);
// Whether a JPEG was made by Adobe's rules, which store CMYK inverted.
bool nn_image_is_adobe(const uint8_t *bytes, size_t size);

#endif
