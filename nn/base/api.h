// SPDX-License-Identifier: MIT
// The export mark of libneroscale: functions marked NN_API are visible, all others are hidden.
#ifndef NN_BASE_API_H
#define NN_BASE_API_H

#define NN_API __attribute__((visibility("default")))

#endif
