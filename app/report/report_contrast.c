// SPDX-License-Identifier: MIT
// Reports on models of pictures and texts.
#include "app/report/report_text.h"
#include "app/report/task.h"
#include "nn/eval/retrieval.h"

enum { WORST = 10 };

typedef struct far_picture {
    int index, better; // captions that were more probable than its own
} far_picture;

typedef struct far_pictures {
    far_picture list[WORST + 1]; // the farthest first
    int count;
} far_pictures;

static nn_status print(const nn_evaluation *e, FILE *out, nn_error *err)
{
    const nn_retrieval *r = e->metrics;
    const double n = MAX(r->pictures, 1);
    (void)err;
    fprintf(out, "%-28s %9.4f\n", "own caption is the best", (double)r->top1 / n);
    fprintf(out, "%-28s %9.4f\n", "among the best five", (double)r->top5 / n);
    fprintf(out, "%-28s %9.4f\n", "loss", r->loss / n);
    fprintf(out, "%d pictures, %d different captions (chance %.4f), %.2f ms a picture\n",
            e->pictures, r->count, (double)r->frequent / n, nn_evaluation_ms_per_picture(e));
    return NN_OK;
}

static void add_summary(GString *out, const cJSON *r)
{
    g_string_append_printf(out, "own caption first %.4f, among five %.4f of %.0f captions",
                           app_report_number(r, "top1"), app_report_number(r, "top5"),
                           app_report_number(r, "captions"));
}

static void *gather(const nn_evaluation *e)
{
    (void)e;
    return g_new0(far_pictures, 1);
}

static nn_status gathered(void *kept, const nn_scored_picture *p, nn_error *err)
{
    far_pictures *w = kept;
    const int better = (int)p->wrong;
    int at = w->count;
    (void)err;
    for (; at > 0 && w->list[at - 1].better < better; at--)
        w->list[at] = w->list[at - 1];
    w->list[at] = (far_picture){p->index, better};
    w->count = MIN(w->count + 1, WORST);
    return NN_OK;
}

static cJSON *list_mistakes(const nn_evaluation *e, const void *kept, const nn_dataset *data)
{
    const far_pictures *w = kept;
    cJSON *list = cJSON_CreateArray();
    (void)e;
    for (int i = 0; i < w->count && w->list[i].better > 0; i++) {
        const nn_sample *s = &data->samples[w->list[i].index];
        cJSON *one = cJSON_CreateObject();
        cJSON_AddStringToObject(one, "picture", s->name);
        cJSON_AddStringToObject(one, "caption", s->text_count > 0 ? s->texts[0] : "");
        cJSON_AddNumberToObject(one, "better", w->list[i].better);
        cJSON_AddItemToArray(list, one);
    }
    return list;
}

static const app_column mistakes[] = {{"picture", "picture"},
                                      {"its caption", "caption"},
                                      {"captions that fit better", "better"},
                                      {NULL, NULL}};

const app_task app_task_contrast = {
    .name = "contrast",
    .data = "pictures with captions",
    .holds = "captions",
    .does = "compares pictures with texts",
    .models = "models of pictures and texts",
    .scored = "how often a picture's caption is found among all",
    .counted = "pictures",
    .worth_name = "top-1",
    .loss_parts = {"logit scale %.1f", "%.1f %% right in the batch"},
    .labels = {"top-1", "top-5", "loss"},
    .unit = "pictures",
    .verdict = {"top1", "top-1", "pictures", "pictures", 0, 0, false},
    .mistakes = mistakes,
    .print = print,
    .add_json = app_task_add_scores,
    .add_summary = add_summary,
    .gather = gather,
    .gathered = gathered,
    .release = g_free,
    .list_mistakes = list_mistakes,
};
