// SPDX-License-Identifier: MIT
// Reports on networks that enlarge pictures.
#include "app/report/report_text.h"
#include "app/report/task.h"
#include "nn/eval/upscale_scores.h"

enum { WORST = 10 };

typedef struct worst_picture {
    int index;
    double gain; // dB over bicubic
} worst_picture;

typedef struct worst_pictures {
    worst_picture list[WORST + 1]; // those that gain least first
    int count;
} worst_pictures;

static nn_status print(const nn_evaluation *e, FILE *out, nn_error *err)
{
    static const char *const names[] = {"the model", "bicubic"};
    const nn_upscale_score s = nn_upscale_scores_mean(e->metrics);
    (void)err;
    fprintf(out, "%-20s %9s %9s\n", "luma", "PSNR", "SSIM");
    for (int i = 0; i < NN_UPSCALE_METHODS; i++)
        fprintf(out, "%-20s %9.4f %9.4f\n", names[i], s.psnr[i], s.ssim[i]);
    fprintf(out, "%+.4f dB by a factor of %d\n",
            s.psnr[NN_UPSCALE_MODEL] - s.psnr[NN_UPSCALE_BICUBIC], e->card->factor);
    fprintf(out, "%d pictures, %.2f ms a picture\n", e->pictures, nn_evaluation_ms_per_picture(e));
    return NN_OK;
}

static nn_status add_json(cJSON *json, const nn_evaluation *e, nn_error *err)
{
    const nn_status status = app_task_add_scores(json, e, err);
    cJSON_AddNumberToObject(json, "factor", e->card->factor);
    return status;
}

static void add_summary(GString *out, const cJSON *r)
{
    g_string_append_printf(out, "PSNR %.2f dB, %+.2f dB beside bicubic, SSIM %.4f",
                           app_report_number(r, "psnr"), app_report_number(r, "gain"),
                           app_report_number(r, "ssim"));
}

static void *gather(const nn_evaluation *e)
{
    (void)e;
    return g_new0(worst_pictures, 1);
}

static nn_status gathered(void *kept, const nn_scored_picture *p, nn_error *err)
{
    worst_pictures *w = kept;
    const double gain = -p->wrong;
    int at = w->count;
    (void)err;
    for (; at > 0 && w->list[at - 1].gain > gain; at--)
        w->list[at] = w->list[at - 1];
    w->list[at] = (worst_picture){p->index, gain};
    w->count = MIN(w->count + 1, WORST);
    return NN_OK;
}

static cJSON *list_mistakes(const nn_evaluation *e, const void *kept, const nn_dataset *data)
{
    const worst_pictures *w = kept;
    cJSON *list = cJSON_CreateArray();
    (void)e;
    for (int i = 0; i < w->count; i++) {
        cJSON *one = cJSON_CreateObject();
        cJSON_AddStringToObject(one, "picture", data->samples[w->list[i].index].name);
        cJSON_AddNumberToObject(one, "gain", w->list[i].gain);
        cJSON_AddItemToArray(list, one);
    }
    return list;
}

static const app_column mistakes[] = {
    {"picture that gains least", "picture"}, {"dB over bicubic", "gain"}, {NULL, NULL}};

const app_task app_task_upscale = {
    .name = "upscale",
    .data = "pictures",
    .holds = "pictures alone",
    .does = "enlarges pictures",
    .models = "upscaling",
    .scored = "PSNR and SSIM of luma, beside bicubic",
    .counted = "pictures",
    .worth_name = "PSNR",
    .loss_parts = {"PSNR of its views %.2f", "%.2f levels off"},
    .labels = {"PSNR", "SSIM", "over bicubic", "bicubic PSNR", "bicubic SSIM"},
    .unit = "pixels",
    .verdict = {"psnr", "PSNR", "pictures", "pictures", 0, 0, true},
    .mistakes = mistakes,
    .print = print,
    .add_json = add_json,
    .add_summary = add_summary,
    .gather = gather,
    .gathered = gathered,
    .release = g_free,
    .list_mistakes = list_mistakes,
};
