// SPDX-License-Identifier: MIT
// Finds the columns of a table by its heading.
#include "nn/data/csv_columns.h"
#include "nn/data/folder.h"

#include <strings.h>

static int find_column(const nn_csv_row *row, const char *const *names)
{
    for (; *names; names++)
        for (int i = 0; i < row->count; i++)
            if (strcasecmp(row->field[i], *names) == 0)
                return i;
    return -1;
}

bool nn_csv_find_columns(const nn_csv_row *row, const char *const *values, int *picture, int *value)
{
    static const char *const pictures[] = {"path",    "file",       "filename", "file_name",
                                           "picture", "image_path", "image",    "filepath",
                                           "img",     NULL};
    int found = -1;
    for (int i = row->count - 1; i >= 0; i--)
        if (nn_folder_ends(row->field[i], nn_folder_pictures))
            found = i;
    *picture = found >= 0 ? found : find_column(row, pictures);
    *value = found >= 0 ? -1 : find_column(row, values);
    if (*picture < 0)
        *picture = *value == 0 ? 1 : 0;
    if (*value < 0)
        *value = *picture == 0 ? 1 : 0;
    return found < 0;
}
