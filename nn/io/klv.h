// SPDX-License-Identifier: MIT
// Telemetry of drones: the UAS Datalink Local Set of MISB ST 0601 (KLV, SMPTE ST 336), its basic
// keys.
#ifndef NN_IO_KLV_H
#define NN_IO_KLV_H

#include "nn/base/api.h"
#include "nn/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NN_KLV_NUMBERS = 19, NN_KLV_TEXTS = 3, NN_KLV_TEXT_SIZE = 128 };

// What a packet said; the rest is not `has`. Angles in degrees, lengths in metres, WGS 84.
typedef struct nn_klv {
    int64_t time; // microseconds since 1970 (key 2); 0: none
    bool has[NN_KLV_NUMBERS];
    double numbers[NN_KLV_NUMBERS];
    char texts[NN_KLV_TEXTS][NN_KLV_TEXT_SIZE]; // valid UTF-8 in plain ASCII; "": none
} nn_klv;

// The names of numbers and texts, "sensor_latitude", "mission_id"; NULL behind the last. Any
// thread.
NN_API const char *nn_klv_number_name(int i);
NN_API const char *nn_klv_text_name(int i);

// Reads the first packet of `bytes`. NN_EFORMAT for other local sets, a wrong checksum and what is
// cut off; unknown keys are skipped, and the values that stand for "out of range" and "unknown" are
// left out.
NN_API nn_status nn_klv_parse(nn_klv *out, const uint8_t *bytes, size_t size, nn_error *err);

#endif
