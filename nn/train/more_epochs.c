// SPDX-License-Identifier: MIT
// What another number of epochs than the one a training was begun with may change.
#include "nn/train/more_epochs.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

int nn_more_epochs_then(const char *lines)
{
    size_t length;
    const char *value = nn_settings_value(lines, "epochs", &length);
    const long epochs = value ? strtol(value, NULL, 10) : 0;
    return epochs > 0 && epochs <= INT_MAX ? (int)epochs : 0;
}

void nn_more_epochs_allow(nn_settings *s, const nn_trainer *t)
{
    const nn_trainer_asked *a = &t->asked;
    for (int i = 0; i < s->count; i++) {
        nn_train_setting *one = &s->list[i];
        one->later |= (strcmp(one->name, "warmup") == 0 && a->schedule.warmup < 0) ||
                      (strcmp(one->name, "step-epochs") == 0 && !(a->step_epochs > 0));
    }
}

nn_status nn_more_epochs_tell(const nn_trainer *t, int64_t step, int then, const char *path,
                              nn_error *err)
{
    const nn_schedule *now = &t->options.schedule, before = nn_trainer_schedule_of(t, then);
    if (step > now->total)
        return nn_fail(err, NN_EINVAL,
                       "%s: --epochs %d is over: the training was begun with --epochs %d and has "
                       "taken %.1f of them",
                       path, t->options.epochs, then, (double)step / (double)t->steps_per_epoch);
    nn_dataset_note(t->data, 0,
                    "the training was begun with --epochs %d and goes on to %d: its learning rate "
                    "is %.3g at this step instead of %.3g",
                    then, t->options.epochs, (double)nn_schedule_rate(now, step),
                    (double)nn_schedule_rate(&before, step));
    return NN_OK;
}
