// SPDX-License-Identifier: MIT
// Masks, keypoints and rotated boxes in the cells of contact sheets.
#ifndef APP_REPORT_REPORT_DETAILS_H
#define APP_REPORT_REPORT_DETAILS_H

#include "app/report/report_sheet.h"
#include "nn/vision/details.h"

// Where a pixel of the full picture lies in the cell: x * scale_x + shift_x.
typedef struct app_report_place {
    double scale_x, scale_y, shift_x, shift_y;
} app_report_place;

// Gives a box the lines of a detail of *d: the edge of its mask, its rotated box, its keypoints as
// crosses with the lines of their skeleton. Nothing for a detail that there is not.
void app_report_add_details(app_report_box *b, const nn_details *d, int32_t detail,
                            const app_report_place *place);

#endif
