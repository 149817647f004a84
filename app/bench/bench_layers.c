// SPDX-License-Identifier: MIT
// The tables of 'bench --layers'.
#include "app/bench/bench_layers.h"

#include <glib.h>
#include <string.h>

app_layer_loss app_layer_loss_of(const app_bench_layer *layer, double peak_gflops)
{
    int rows, columns, height, width, stride = 1; // of a tile of outputs, and of the kernel
    double less = 1;
    if (sscanf(layer->algorithm, "winograd_f%dx%d_%dx%d_s%d", &rows, &columns, &height, &width,
               &stride) >= 4)
        less = (double)(rows * columns * height * width) /
               (((rows - 1) * stride + height) * ((columns - 1) * stride + width));
    const double operations = 2e-6 * layer->macs; // millions: GFLOP/s times milliseconds
    const double at_peak = peak_gflops > 0 ? operations / less / peak_gflops : 0;
    return (app_layer_loss){.gflops = layer->ms > 0 ? operations / layer->ms : 0,
                            .of_peak = layer->ms > 0 ? at_peak / layer->ms : 0,
                            .lost_ms = MAX(layer->ms - at_peak, 0)};
}

typedef struct sums {
    const char *algorithm;
    int layers;
    double ms, lost;
} sums;

static gint by_loss(gconstpointer a, gconstpointer b)
{
    const sums *x = a, *y = b;
    return (x->lost < y->lost) - (x->lost > y->lost);
}

static void add(GArray *all, const app_bench_layer *layer, double lost)
{
    for (guint i = 0; i < all->len; i++) {
        sums *s = &g_array_index(all, sums, i);
        if (strcmp(s->algorithm, layer->algorithm) == 0) {
            s->layers++;
            s->ms += layer->ms;
            s->lost += lost;
            return;
        }
    }
    const sums first = {layer->algorithm, 1, layer->ms, lost};
    g_array_append_val(all, first);
}

static void print_sums(FILE *out, GArray *all, double total, double lost)
{
    g_array_sort(all, by_loss);
    fprintf(out, "\n  %-22s %6s %9s %7s %9s\n", "algorithm", "layers", "ms", "share", "lost ms");
    for (guint i = 0; i < all->len; i++) {
        const sums *s = &g_array_index(all, sums, i);
        fprintf(out, "  %-22s %6d %9.3f %6.1f%% %9.3f\n", s->algorithm, s->layers, s->ms,
                total > 0 ? 100 * s->ms / total : 0, s->lost);
    }
    fprintf(out, "  of %.3f ms of layers %.3f would do at the peak, %.3f are lost\n\n", total,
            total - lost, lost);
}

void app_bench_print_layers(FILE *out, const app_bench_result *r, double peak_gflops)
{
    g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(sums));
    double total = 0, lost = 0;
    int wide = 5;
    for (int i = 0; i < r->layer_count; i++) {
        total += r->layers[i].ms;
        wide = MAX(wide, (int)strlen(r->layers[i].name));
    }
    fprintf(out, "\n  %-*s  %-19s %9s %7s %9s %6s %9s  %s\n", wide, "layer", "type", "ms", "share",
            "GFLOP/s", "peak", "lost ms", "algorithm");
    for (int i = 0; i < r->layer_count; i++) {
        const app_bench_layer *l = &r->layers[i];
        const app_layer_loss loss = app_layer_loss_of(l, peak_gflops);
        fprintf(out, "  %-*s  %-19s %9.3f %6.1f%% %9.1f %5.0f%% %9.3f  %s\n", wide, l->name,
                l->type, l->ms, total > 0 ? 100 * l->ms / total : 0, loss.gflops,
                100 * loss.of_peak, loss.lost_ms, l->algorithm);
        add(all, l, loss.lost_ms);
        lost += loss.lost_ms;
    }
    print_sums(out, all, total, lost);
}
