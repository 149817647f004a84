// SPDX-License-Identifier: MIT
// Compresses a picture to JPEG in memory and decompresses it again.
#include "nn/io/image/image.h"

#include "nn/base/memory.h"

#include <turbojpeg.h>

nn_status nn_image_recompress(const nn_image *image, int quality, nn_error *err)
{
    const int w = image->width, h = image->height;
    tjhandle out = tjInitCompress(), in = tjInitDecompress();
    unsigned long size = tjBufSize(w, h, TJSAMP_420);
    unsigned char *bytes = size == (unsigned long)-1 ? NULL : nn_alloc(size);
    nn_status status = NN_OK;
    quality = quality < 1 ? 1 : quality > 100 ? 100 : quality;
    if (!out || !in || !bytes)
        status = nn_fail(err, NN_ENOMEM, "JPEG: no memory for a picture of %dx%d", w, h);
    else if (tjCompress2(out, image->rgb, w, 0, h, TJPF_RGB, &bytes, &size, TJSAMP_420, quality,
                         TJFLAG_NOREALLOC | TJFLAG_FASTDCT) < 0)
        status = nn_fail(err, NN_EFORMAT, "JPEG: %s", tjGetErrorStr2(out));
    else if (tjDecompress2(in, bytes, size, image->rgb, w, 0, h, TJPF_RGB, TJFLAG_FASTDCT) < 0)
        status = nn_fail(err, NN_EFORMAT, "JPEG: %s", tjGetErrorStr2(in));
    if (out)
        tjDestroy(out);
    if (in)
        tjDestroy(in);
    nn_free(bytes);
    return status;
}
