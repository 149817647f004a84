// SPDX-License-Identifier: MIT
// Fuzz target: the file of the teachers' detections, and linking over time.
#include "app/label/link.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    label_detections f = {0};
    label_set set;
    size_t whole;
    label_link_options o = label_link_defaults;
    o.video = true;
    if (label_detections_parse(&f, (const char *)data, size, "test", 4, &whole, NULL) == NN_OK) {
        if (whole > size)
            abort();
        for (guint i = 1; i < f.pictures->len; i++)
            if (label_detections_at(&f, (int)i)->number <=
                label_detections_at(&f, (int)i - 1)->number)
                abort();
        if (label_link(&set, &f, &o, NULL) == NN_OK)
            label_set_release(&set);
    }
    label_detections_release(&f);
    return 0;
}
