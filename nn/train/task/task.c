// SPDX-License-Identifier: MIT
// The table of tasks.
#include "nn/train/task/task.h"

#include <stdio.h>
#include <string.h>

#define NN_TASK(word) extern const nn_train_task nn_train_task_##word;
#include "nn/tasks.inc"
#undef NN_TASK

#define NN_TASK(word) &nn_train_task_##word,
static const nn_train_task *const tasks[] = {
#include "nn/tasks.inc"
};
#undef NN_TASK

const nn_train_task *nn_train_task_find(const char *name)
{
    for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++)
        if (strcmp(tasks[i]->evaluator->name, name) == 0)
            return tasks[i];
    return NULL;
}

nn_status nn_train_task_unknown(const char *name, const char *where, nn_error *err)
{
    char names[160] = "";
    for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++) {
        const size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "",
                 tasks[i]->evaluator->name);
    }
    return nn_fail(err, NN_ENOTFOUND, "%s %.40s: not one of %s", where, name, names);
}

bool nn_train_task_size(const nn_train_task *task, int *width, int *height)
{
    const char *list = task->defaults, *size = list;
    while (size && (size = strstr(size, "size=")) != NULL && size > list && size[-1] != ' ')
        size++; // of another option's name
    return size && sscanf(size, "size=%dx%d", width, height) == 2;
}

const nn_train_task *nn_train_task_at(int i)
{
    return i >= 0 && i < (int)(sizeof tasks / sizeof *tasks) ? tasks[i] : NULL;
}
