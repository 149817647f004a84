// SPDX-License-Identifier: MIT
// Zones and lines from a JSON file:
//   {"zones": [{"name": "yard", "points": [[0.1, 0.5], [0.9, 0.5], [0.5, 1]], "max-objects": 5,
//               "classes": ["person", "car"], "loitering-time": 20000}],
//    "lines": [{"name": "gate", "points": [[0, 0.6], [1, 0.6]]}],
//    "ground": {"image": [[0.4, 0.2], [0.6, 0.2], [1, 1], [0, 1]],
//               "metres": [[0, 20], [5, 20], [5, 0], [0, 0]]},
//    "inertia": 3}
// All members may be missing but "name" and "points". Settings (nn_setting_at) stand in areas, or
// beside them for all; "ground" likewise.
#ifndef NN_IO_ANALYTICS_FILE_H
#define NN_IO_ANALYTICS_FILE_H

#include "nn/vision/analytics/config.h"

// Adds what a text, or a file, has to a configuration. NN_EFORMAT and NN_EINVAL name the zone or
// line and what is wrong with it; a member that nobody knows is refused. Errors of a file name it.
NN_API nn_status nn_analytics_config_read(nn_analytics_config *c, const char *text, size_t size,
                                          nn_error *err);
NN_API nn_status nn_analytics_config_load(nn_analytics_config *c, const char *path, nn_error *err);
// Writes a configuration as such a file, which replaces an older one as a whole. NN_EIO, NN_ENOMEM.
NN_API nn_status nn_analytics_config_save(const nn_analytics_config *c, const char *path,
                                          nn_error *err);

#endif
