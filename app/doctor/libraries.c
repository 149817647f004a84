// SPDX-License-Identifier: MIT
// Libraries that are opened when something first needs them, and what this build leaves out.
#include "app/doctor/doctor.h"
#include "nn/base/features.h"
#include "nn/base/late.h"

#include <string.h>

static const char GROUP[] = "libraries";

typedef struct library {
    const char *folder, *word;
    const char *name, *use;
    const char *feature;  // of the build; NULL: it is always there
    const char *packages; // with the libraries themselves
} library;

static const library libraries[] = {
    {"nn", "blas", "OpenBLAS", "matrix products of training", NULL, "libopenblas0"},
    {"nn", "zip", "libzip", "PyTorch files, zip archives", "pytorch", "libzip4"},
    {"nn", "tiff", "libtiff", "TIFF pictures", "tiff", "libtiff6"},
    {"nn", "hdf5", "HDF5", "files for Keras", "hdf5", "libhdf5-103-1"},
    {"app", "sdl", "SDL2", "the editor of annotate", "sdl2", "libsdl2-2.0-0 libsdl2-ttf-2.0-0"},
    {"app", "cairo", "Cairo, Pango", "figures, sheets", "pango", "libpangocairo-1.0-0"},
    {"app", "plplot", "PLplot", "curves of trainings", "plplot", "libplplot17 plplot-driver-cairo"},
};

static const nn_feature *feature(const char *name)
{
    for (int i = 0; name && nn_feature_at(i); i++)
        if (strcmp(nn_feature_at(i)->name, name) == 0)
            return nn_feature_at(i);
    return NULL;
}

static void check_library(app_findings *f, const library *l)
{
    nn_error err = {0};
    // Opened once, and for the rest of the process.
    nn_late late = {.folder = l->folder, .word = l->word};
    if (nn_late_open(&late, &err) == NN_OK) {
        app_findings_add(f, GROUP, l->name, APP_STATE_OK, "%s", l->use);
        return;
    }
    app_finding *one =
        app_findings_add(f, GROUP, l->name, APP_STATE_MISSING, "no %s; %s", l->use, err.text);
    app_finding_mend(one, l->packages, NULL);
}

void app_doctor_libraries(app_findings *f)
{
    for (size_t i = 0; i < G_N_ELEMENTS(libraries); i++)
        if (!feature(libraries[i].feature) || feature(libraries[i].feature)->in)
            check_library(f, &libraries[i]);
    for (int i = 0; nn_feature_at(i); i++) {
        const nn_feature *left = nn_feature_at(i);
        if (left->in)
            continue;
        app_finding *one =
            app_findings_add(f, GROUP, left->name, APP_STATE_NOTE, "this build %s", left->lacks);
        app_finding_mend(one, NULL, "install %s and build with -D%s=enabled", left->packages,
                         left->name);
    }
}
