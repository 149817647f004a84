// SPDX-License-Identifier: MIT
// Line charts, drawn into memory by a plotting library.
#ifndef APP_REPORT_REPORT_PLOT_H
#define APP_REPORT_REPORT_PLOT_H

#include "nn/base/status.h"

#include <stdbool.h>
#include <stddef.h>

enum { APP_PLOT_SERIES = 6, APP_PLOT_PANELS = 3 };

typedef struct app_series {
    char label[80]; // for the legend
    int count;
    double *x, *y; // borrowed, finite
    int marked;    // index of a marked point; -1: none
} app_series;

typedef struct app_panel {
    const char *title;
    double height;    // relative to the other panels
    double low, high; // range of the y axis
    app_series series[APP_PLOT_SERIES];
    int count;
} app_panel;

// Panels below each other that share an x axis.
typedef struct app_chart {
    const char *title, *x_title; // title: may be NULL
    double x_low, x_high;
    app_panel panel[APP_PLOT_PANELS];
    int count;
    bool low; // two thirds of the usual height; numbers of the x axis need not be whole
} app_chart;

typedef enum app_plot_format { APP_PLOT_PNG, APP_PLOT_SVG } app_plot_format;

// Draws a chart into *bytes, which the caller frees with free(). Every failure is a status;
// NN_EUNSUPPORTED when this build has no plotting library or the machine lacks its driver. Only one
// thread of a process may call it.
nn_status app_plot_draw(const app_chart *chart, app_plot_format format, char **bytes, size_t *size,
                        nn_error *err);

#endif
