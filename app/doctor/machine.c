// SPDX-License-Identifier: MIT
// Processor, kernels, threads and memory.
#include "app/doctor/doctor.h"
#include "nn/base/cpu_limit.h"
#include "nn/base/free_memory.h"
#include "nn/kernels/blas.h"
#include "nn/kernels/kernels.h"

#include <string.h>
#include <unistd.h>

static const char GROUP[] = "machine";

enum { LEAST_MB = 256 }; // the window with `street` takes about half

// "model name" of the first processor (g_free).
static char *processor(void)
{
    g_autofree char *text = NULL;
    if (!g_file_get_contents("/proc/cpuinfo", &text, NULL, NULL))
        return g_strdup("unknown");
    const char *name = strstr(text, "model name");
    name = name ? strchr(name, ':') : NULL;
    return name ? g_strstrip(g_strndup(name + 1, strcspn(name + 1, "\n"))) : g_strdup("unknown");
}

static const struct {
    unsigned bit;
    const char *name;
} levels[] = {
    {NN_CPU_NEON, "neon"},
    {NN_CPU_AVX2, "avx2"},
    {NN_CPU_AVX_VNNI, "avxvnni"},
    {NN_CPU_AVX512, "avx512"},
    {NN_CPU_WIDE, "avx512wide"},
    {NN_CPU_AVX512_VNNI, "avx512vnni"},
    {NN_CPU_AVX512_BF16, "avx512bf16"},
    {NN_CPU_AMX, "amx"},
};

// "avx2 avx512" (g_free).
static char *level_names(unsigned flags)
{
    g_autoptr(GString) s = g_string_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(levels); i++)
        if (flags & levels[i].bit)
            g_string_append_printf(s, "%s%s", s->len ? " " : "", levels[i].name);
    return g_string_free(g_steal_pointer(&s), FALSE);
}

static void check_kernels(app_findings *f)
{
    const unsigned has = nn_cpu_flags(), used = nn_kernels_level();
    g_autofree char *has_names = level_names(has), *used_names = level_names(used);
    g_autofree char *name = processor();
    const char *word = g_getenv("NEROSCALE_CPU");
    app_findings_add(f, GROUP, "processor", APP_STATE_OK, "%s", name);
    if (!has) {
        app_finding *one = app_findings_add(f, GROUP, "kernels", APP_STATE_NOTE,
                                            "portable C: this processor has neither AVX2 nor NEON");
        app_finding_mend(one, NULL, "none is needed, but it is slow");
    } else if (has != used) {
        app_finding *one =
            app_findings_add(f, GROUP, "kernels", APP_STATE_NOTE, "%s of %s, by NEROSCALE_CPU=%s",
                             used ? used_names : "portable C", has_names, word ? word : "");
        app_finding_mend(one, NULL, "unset NEROSCALE_CPU");
    } else {
        app_findings_add(f, GROUP, "kernels", APP_STATE_OK, "%s, all that the processor has",
                         used_names);
    }
    g_autofree char *blas = g_strstrip(g_strdup(nn_blas_version()));
    app_findings_add(f, GROUP, "BLAS", APP_STATE_OK, "%s", blas);
}

static void check_threads(app_findings *f)
{
    const long all = sysconf(_SC_NPROCESSORS_ONLN);
    const int count = nn_cpu_count("");
    const double limit = nn_cpu_limit("");
    if (limit > 0 && limit < (double)all) {
        app_finding *one = app_findings_add(
            f, GROUP, "threads", limit < 1 ? APP_STATE_NOTE : APP_STATE_OK,
            "%d: a control group allows %.3g of %ld processors", count, limit, all);
        if (limit < 1)
            app_finding_mend(one, NULL, "give the container a whole processor (--cpus 1)");
    } else if (count < all) {
        app_findings_add(f, GROUP, "threads", APP_STATE_OK,
                         "%d: this process may run on %d of %ld processors", count, count, all);
    } else {
        app_findings_add(f, GROUP, "threads", APP_STATE_OK, "%d, one for each processor", count);
    }
}

static void check_memory(app_findings *f)
{
    const int64_t bytes = nn_free_memory("");
    if (bytes < 0) {
        app_findings_add(f, GROUP, "memory", APP_STATE_NOTE, "the system does not say");
        return;
    }
    const int64_t mb = bytes >> 20;
    app_finding *one =
        app_findings_add(f, GROUP, "memory", mb < LEAST_MB ? APP_STATE_NOTE : APP_STATE_OK,
                         "%" G_GINT64_FORMAT " MiB free", mb);
    if (mb < LEAST_MB)
        app_finding_mend(one, NULL, "close other programs, or use the model street-nano");
}

void app_doctor_machine(app_findings *f)
{
    check_kernels(f);
    check_threads(f);
    check_memory(f);
}
