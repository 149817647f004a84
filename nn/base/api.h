// SPDX-License-Identifier: MIT
// What libneroscale shows to others: functions marked NN_API; everything else stays inside.
#ifndef NN_BASE_API_H
#define NN_BASE_API_H

#define NN_API __attribute__((visibility("default")))

#endif
