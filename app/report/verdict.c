// SPDX-License-Identifier: MIT
// Writes the sentences of a verdict about classes and confusions.
#include "app/report/verdict.h"

#include <math.h>
#include <stdlib.h>

enum { NAMED = 3 };      // classes named in a sentence
enum { COARSE = 20 };    // pictures below which a score is coarse
enum { FEW = 50 };       // boxes or pictures of a class below which it is hard to learn
enum { LEAST_PAIR = 2 }; // objects below which a confusion is not named
#define RARE 3.0         // factor by which the other classes have more examples
#define WORTH_PAIR 0.1   // fraction of a class confused with another one

typedef enum kind { GOOD, FAIR, POOR, KINDS } kind;

static kind kind_of(const app_verdict_facts *f, double score)
{
    return score >= f->good ? GOOD : score >= f->fair ? FAIR : POOR;
}

static int by_score(const void *a, const void *b)
{
    const app_verdict_class *x = *(const app_verdict_class *const *)a,
                            *y = *(const app_verdict_class *const *)b;
    return x->score != y->score ? (x->score < y->score) - (x->score > y->score) : (x > y) - (x < y);
}

// Adds "good at car (AP50 0.91), van (0.84)", best class first; other kinds start with the worst.
static void add_kind(GString *out, const app_verdict_facts *f, kind k,
                     const app_verdict_class *const *list, int n)
{
    static const char *const words[KINDS] = {"good at", "fair at", "poor at"};
    const int named = n > NAMED + 1 ? NAMED : n;
    g_string_append_printf(out, "%s%s", out->len ? "; " : "", words[k]);
    if (named < n)
        g_string_append_printf(out, " %d classes, %s", n, k == GOOD ? "best" : "worst");
    for (int i = 0; i < named; i++) {
        const app_verdict_class *c = list[k == GOOD ? i : n - 1 - i];
        const bool first = !strstr(out->str, f->score_name);
        g_string_append_printf(out, "%s %s (%s%s%.2f)", i ? "," : "", c->name,
                               first ? f->score_name : "", first ? " " : "", c->score);
    }
}

static char *say_classes(const app_verdict_facts *f)
{
    if (f->class_count == 0) // the task has no scores of classes
        return NULL;
    GString *out = g_string_new(NULL);
    const app_verdict_class **list = g_new(const app_verdict_class *, f->class_count + 1);
    int n = 0;
    double best = 0;
    for (int i = 0; i < f->class_count; i++) {
        if (!isfinite(f->classes[i].score) || !(f->classes[i].objects > 0))
            continue;
        list[n++] = &f->classes[i];
        best = fmax(best, f->classes[i].score);
    }
    qsort(list, (size_t)n, sizeof *list, by_score);
    if (n == 0)
        g_string_assign(out, "nothing to score: the pictures have no labels of its classes");
    else if (best < 0.01)
        g_string_append_printf(out, "finds nothing yet: %s is 0.00 for every class", f->score_name);
    for (int k = 0, i = 0, end; k < KINDS && n > 0 && best >= 0.01; k++, i = end) {
        for (end = i; end < n && kind_of(f, list[end]->score) == (kind)k;)
            end++;
        if (end > i)
            add_kind(out, f, k, list + i, end - i);
    }
    g_free(list);
    return g_string_free(out, FALSE);
}

// The sentence about the pair of classes that is confused most often.
static char *say_confusion(const app_verdict_facts *f)
{
    double most = 0, row = 0;
    int truth = -1, taken = -1;
    for (int i = 0; f->confusion && i < f->class_count; i++)
        for (int k = 0; k < f->class_count; k++) {
            const double count = f->confusion[(size_t)i * (size_t)f->class_count + (size_t)k];
            if (i == k || count < LEAST_PAIR || count <= most || !(f->classes[i].objects > 0) ||
                count < WORTH_PAIR * f->classes[i].objects)
                continue;
            most = count;
            row = f->classes[i].objects;
            truth = i;
            taken = k;
        }
    if (truth < 0)
        return NULL;
    const char *a = f->classes[truth].name, *b = f->classes[taken].name;
    return f->pixels
               ? g_strdup_printf("confuses %s with %s (%.0f %% of its pixels)", a, b,
                                 100 * most / row)
               : g_strdup_printf("confuses %s with %s (%.0f of %.0f %s)", a, b, most, row, f->unit);
}

// The sentence about the class with the fewest examples, where its score is low.
static char *say_few(const app_verdict_facts *f)
{
    const app_verdict_class *least = NULL;
    double most = 0;
    for (int i = 0; i < f->class_count; i++) {
        const app_verdict_class *c = &f->classes[i];
        most = fmax(most, c->learnt);
        if (c->learnt >= 0 && c->learnt < FEW && !(c->score >= f->good) &&
            (!least || c->learnt < least->learnt))
            least = c;
    }
    if (!least)
        return NULL;
    if (least->learnt < 1)
        return g_strdup_printf("%s cannot be learnt: no %s of it to train on", least->name,
                               f->learnt);
    const bool rare = most >= RARE * least->learnt; // compared with other classes
    return g_strdup_printf("%s has only %.0f %s to learn from%s: label more%s", least->name,
                           least->learnt, f->learnt, rare ? "" : ", others not many more",
                           rare ? ", or try --balance 0.5" : "");
}

static char *say_coarse(const app_verdict_facts *f)
{
    return f->pictures > 0 && f->pictures < COARSE
               ? g_strdup_printf(
                     "only %d pictures were scored, which is coarse: hold back %d or more",
                     f->pictures, COARSE)
               : NULL;
}

static void add(GPtrArray *list, char *sentence)
{
    if (sentence && list->len < APP_VERDICT_MOST)
        g_ptr_array_add(list, sentence);
    else
        g_free(sentence);
}

GPtrArray *app_verdict(const app_verdict_facts *f)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *classes = say_classes(f), *confusion = say_confusion(f);
    add(list, confusion ? g_strdup_printf("%s; %s", classes, confusion) : g_strdup(classes));
    add(list, app_verdict_training(f));
    add(list, app_verdict_misses(f));
    add(list, app_verdict_alarms(f));
    add(list, say_few(f));
    add(list, say_coarse(f));
    return list;
}
