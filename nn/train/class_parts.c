// SPDX-License-Identifier: MIT
// Finds the old classes from which new ones start, by name.
#include "nn/train/transfer.h"

#include <string.h>
#include <strings.h>

// Names of COCO and Pascal VOC for the same classes.
static const char *const SYNONYMS[][2] = {
    {"motorcycle", "motorbike"}, {"airplane", "aeroplane"},       {"couch", "sofa"},
    {"tv", "tvmonitor"},         {"dining table", "diningtable"}, {"potted plant", "pottedplant"},
};

static const char *common_name(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof SYNONYMS / sizeof *SYNONYMS; i++)
        if (strlen(SYNONYMS[i][1]) == length && strncasecmp(SYNONYMS[i][1], name, length) == 0)
            return SYNONYMS[i][0];
    return NULL;
}

static bool same_name(const char *label, const char *name, size_t length)
{
    const char *a = common_name(label, strlen(label)), *b = common_name(name, length);
    const char *x = a ? a : label, *y = b ? b : name;
    const size_t n = b ? strlen(b) : length;
    return strlen(x) == n && strncasecmp(x, y, n) == 0;
}

// Whether the rules contain "old=label".
static bool sends(const char *rules, const char *old, const char *label)
{
    for (const char *p = rules ? rules : ""; *p; p += *p == ',') {
        const size_t length = strcspn(p, ",");
        const char *sign = memchr(p, '=', length);
        if (sign && same_name(old, p, (size_t)(sign - p)) &&
            same_name(label, sign + 1, (size_t)(p + length - sign - 1)))
            return true;
        p += length;
    }
    return false;
}

int nn_class_parts(float *part, const char *const *labels, int count, const char *const *old_labels,
                   int old, const char *rules)
{
    int known = 0;
    for (int i = 0; i < count; i++) {
        float *row = part + (size_t)i * old;
        int same = 0, sent = 0;
        for (int o = 0; o < old; o++) {
            row[o] = !same && same_name(labels[i], old_labels[o], strlen(old_labels[o]));
            same += row[o] > 0;
        }
        for (int o = 0; o < old && !same; o++)
            sent += sends(rules, old_labels[o], labels[i]);
        for (int o = 0; o < old && sent > 0; o++)
            row[o] = sends(rules, old_labels[o], labels[i]) ? 1.0f / (float)sent : 0;
        known += same + sent > 0;
    }
    return known;
}
