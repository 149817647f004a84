// SPDX-License-Identifier: MIT
// Blends masks over pictures in the colours of their classes.
#include "app/report/mask_overlay.h"

#include "nn/data/mask.h"

#include <string.h>

void app_class_colour(int label, uint8_t rgb[3])
{
    // The same colours as the GStreamer elements.
    static const uint8_t colours[][3] = {
        {46, 230, 92},  {255, 159, 28}, {58, 160, 255},  {255, 77, 109},
        {246, 226, 58}, {180, 92, 255}, {25, 224, 210},  {255, 111, 60},
        {155, 226, 45}, {255, 92, 214}, {125, 139, 255}, {217, 160, 102},
    };
    static const uint8_t grey[3] = {150, 150, 150};
    const size_t count = sizeof colours / sizeof *colours;
    memcpy(rgb, label == NN_MASK_IGNORE ? grey : colours[(size_t)label % count], 3);
}

void app_mask_overlay(nn_image *image, const uint8_t *labels, int width, int height)
{
    uint8_t colour[256][3];
    for (int i = 0; i < 256; i++)
        app_class_colour(i, colour[i]);
    for (int y = 0; y < image->height; y++) {
        const uint8_t *row = labels + (int64_t)(2 * y + 1) * height / (2 * image->height) * width;
        uint8_t *rgb = image->rgb + (size_t)3 * y * image->width;
        for (int x = 0; x < image->width; x++, rgb += 3) {
            const int label = row[(int64_t)(2 * x + 1) * width / (2 * image->width)];
            for (int c = 0; c < 3 && label != NN_MASK_BACKGROUND; c++)
                rgb[c] = (uint8_t)((rgb[c] + colour[label][c] + 1) / 2);
        }
    }
}
