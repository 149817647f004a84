// SPDX-License-Identifier: MIT
// neroscale --version.
#include "app/cli/version.h"

#include "nn/base/features.h"
#include "nn/kernels/blas.h"
#include "nn/kernels/kernels.h"
#include "pipeline/pipeline.h"

#include <glib.h>
#include <stdio.h>

void app_print_version(void)
{
    g_autofree char *media = vp_media_version();
    puts("neroscale " NN_VERSION "\n"
         "MIT licence; the libraries it uses have their own.\n");
    printf("CPU path: %s%s\n", nn_cpu_name(nn_kernels_level()),
           g_getenv("NEROSCALE_CPU") ? " (NEROSCALE_CPU)" : "");
    g_autofree char *blas = g_strstrip(g_strdup(nn_blas_version()));
    printf("BLAS:     %s\n", blas);
    printf("Media:    %s\n", media);
    printf("Features:");
    for (int i = 0; nn_feature_at(i); i++)
        if (nn_feature_at(i)->in)
            printf(" +%s", nn_feature_at(i)->name);
    puts("");
    for (int i = 0; nn_feature_at(i); i++) {
        const nn_feature *f = nn_feature_at(i);
        if (!f->in)
            printf("  -%s: this build %s (Debian: %s)\n", f->name, f->lacks, f->packages);
    }
}
