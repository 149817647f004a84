// SPDX-License-Identifier: MIT
// Compares the hashes of all pictures with each other.
#include "app/data/data_duplicates.h"

#include "nn/data/picture_hash.h"

static nn_status hash_all(nn_picture_hash *hashes, nn_dataset *d, int done, app_progress *progress,
                          nn_error *err)
{
    nn_status status = NN_OK;
    for (int i = 0; i < d->count && status == NN_OK; i++) {
        nn_image image;
        bool borrowed;
        status = nn_dataset_picture(d, i, &image, &borrowed, err);
        if (status != NN_OK)
            break;
        hashes[i] = nn_picture_hash_of(&image);
        if (!borrowed)
            nn_image_release(&image);
        app_progress_late(progress, done + i + 1, "pictures compared");
    }
    return status;
}

static int compare(const void *a, const void *b)
{
    const app_duplicates *x = a, *y = b;
    if (x->distance != y->distance)
        return x->distance - y->distance;
    return x->first != y->first ? x->first - y->first : x->second - y->second;
}

static void find_pairs(app_data_duplicates *t, const nn_picture_hash *hashes, int n, int first_val,
                       int near)
{
    bool *has = g_new0(bool, n + 1);
    for (int i = 0; i < n; i++)
        for (int k = i + 1; k < n && !hashes[i].flat; k++) {
            const app_duplicates one = {i, k, nn_picture_distance(&hashes[i], &hashes[k])};
            if (one.distance > near || hashes[k].flat)
                continue;
            t->count++;
            t->across += i < first_val && k >= first_val;
            has[i] = has[k] = true;
            if (t->pairs->len < APP_DUPLICATES_MOST)
                g_array_append_val(t->pairs, one);
        }
    for (int i = 0; i < n; i++)
        t->pictures += has[i];
    g_array_sort(t->pairs, compare);
    g_free(has);
}

nn_status app_data_duplicates_find(app_data_duplicates *t, nn_dataset *train, nn_dataset *val,
                                   int near, app_progress *progress, nn_error *err)
{
    const int n = train->count + (val ? val->count : 0);
    *t = (app_data_duplicates){.pairs = g_array_new(FALSE, TRUE, sizeof(app_duplicates))};
    nn_picture_hash *hashes = g_new0(nn_picture_hash, n + 1);
    app_progress_begin(progress, "duplicates", 0, n);
    nn_status status = hash_all(hashes, train, 0, progress, err);
    if (status == NN_OK && val)
        status = hash_all(hashes + train->count, val, train->count, progress, err);
    if (status == NN_OK)
        find_pairs(t, hashes, n, train->count, near);
    app_progress_clear(progress);
    g_free(hashes);
    return status;
}

void app_data_duplicates_release(app_data_duplicates *t)
{
    if (t->pairs)
        g_array_unref(t->pairs);
    *t = (app_data_duplicates){0};
}
