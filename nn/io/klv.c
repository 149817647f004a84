// SPDX-License-Identifier: MIT
// Reads KLV packets of MISB ST 0601: a universal key, a length, then keys, lengths and values of
// one byte each or more.
#include "nn/io/klv.h"

#include <string.h>

static const uint8_t UNIVERSAL[16] = {0x06, 0x0e, 0x2b, 0x34, 0x02, 0x0b, 0x01, 0x01,
                                      0x0e, 0x01, 0x03, 0x01, 0x01, 0x00, 0x00, 0x00};

enum { KEY_CHECKSUM = 1, KEY_TIME = 2 };

// Whole numbers that stand for low to high. Signed ones are symmetrical, and their least value
// means "out of range".
static const struct {
    const char *name;
    uint8_t key, bytes;
    bool is_signed;
    double low, high;
} numbers[NN_KLV_NUMBERS] = {
    {"platform_heading", 5, 2, false, 0, 360},
    {"platform_pitch", 6, 2, true, -20, 20},
    {"platform_roll", 7, 2, true, -50, 50},
    {"sensor_latitude", 13, 4, true, -90, 90},
    {"sensor_longitude", 14, 4, true, -180, 180},
    {"sensor_altitude", 15, 2, false, -900, 19000},
    {"horizontal_fov", 16, 2, false, 0, 180},
    {"vertical_fov", 17, 2, false, 0, 180},
    {"sensor_relative_azimuth", 18, 4, false, 0, 360},
    {"sensor_relative_elevation", 19, 4, true, -180, 180},
    {"sensor_relative_roll", 20, 4, false, 0, 360},
    {"slant_range", 21, 4, false, 0, 5000000},
    {"target_width", 22, 2, false, 0, 10000},
    {"frame_center_latitude", 23, 4, true, -90, 90},
    {"frame_center_longitude", 24, 4, true, -180, 180},
    {"frame_center_elevation", 25, 2, false, -900, 19000},
    {"target_latitude", 40, 4, true, -90, 90},
    {"target_longitude", 41, 4, true, -180, 180},
    {"target_elevation", 42, 2, false, -900, 19000},
};

static const struct {
    const char *name;
    uint8_t key;
} texts[NN_KLV_TEXTS] = {{"mission_id", 3}, {"platform", 10}, {"image_source", 11}};

const char *nn_klv_number_name(int i)
{
    return i >= 0 && i < NN_KLV_NUMBERS ? numbers[i].name : NULL;
}

const char *nn_klv_text_name(int i)
{
    return i >= 0 && i < NN_KLV_TEXTS ? texts[i].name : NULL;
}

typedef struct reader {
    const uint8_t *at, *end;
} reader;

// A length in BER: up to 127 in one byte, else the number of bytes that follow.
static bool read_length(reader *r, size_t *length)
{
    if (r->at == r->end)
        return false;
    uint8_t first = *r->at++;
    *length = first;
    if (first < 0x80)
        return true;
    int more = first & 0x7f;
    if (more < 1 || more > 4 || more > r->end - r->at)
        return false;
    for (*length = 0; more > 0; more--)
        *length = *length << 8 | *r->at++;
    return true;
}

// A key in BER-OID: seven bits a byte, the last has no upper bit.
static bool read_key(reader *r, uint32_t *key)
{
    *key = 0;
    for (int i = 0; i < 4 && r->at < r->end; i++) {
        const uint8_t byte = *r->at++;
        *key = *key << 7 | (byte & 0x7f);
        if (byte < 0x80)
            return true;
    }
    return false;
}

static uint64_t big_endian(const uint8_t *bytes, size_t count)
{
    uint64_t value = 0;
    for (size_t i = 0; i < count; i++)
        value = value << 8 | bytes[i];
    return value;
}

static void take_number(nn_klv *out, int i, const uint8_t *value)
{
    const int bits = 8 * numbers[i].bytes;
    const uint64_t raw = big_endian(value, numbers[i].bytes), sign = (uint64_t)1 << (bits - 1);
    const double low = numbers[i].low, high = numbers[i].high;
    if (!numbers[i].is_signed) {
        out->numbers[i] = low + (double)raw / (double)(2 * sign - 1) * (high - low);
    } else {
        if (raw == sign)
            return;
        const double whole = raw & sign ? (double)raw - 2.0 * (double)sign : (double)raw;
        out->numbers[i] = whole / (double)(sign - 1) * high;
    }
    out->has[i] = true;
}

static void take_text(char *out, const uint8_t *value, size_t length)
{
    length = length < NN_KLV_TEXT_SIZE - 1 ? length : NN_KLV_TEXT_SIZE - 1;
    for (size_t i = 0; i < length; i++)
        out[i] = (char)(value[i] >= ' ' && value[i] < 0x7f ? value[i] : '?');
    out[length] = '\0';
}

static void take(nn_klv *out, uint32_t key, const uint8_t *value, size_t length)
{
    if (key == KEY_TIME && length == 8 && value[0] < 0x80)
        out->time = (int64_t)big_endian(value, length);
    for (int i = 0; i < NN_KLV_NUMBERS; i++)
        if (numbers[i].key == key && numbers[i].bytes == length)
            take_number(out, i, value);
    for (int i = 0; i < NN_KLV_TEXTS; i++)
        if (texts[i].key == key)
            take_text(out->texts[i], value, length);
}

// The sum of all bytes up to the checksum's value, as words of two bytes (ST 0601, key 1).
static uint16_t sum_of(const uint8_t *bytes, size_t size)
{
    uint16_t sum = 0;
    for (size_t i = 0; i < size; i++)
        sum = (uint16_t)(sum + (bytes[i] << (i % 2 ? 0 : 8)));
    return sum;
}

nn_status nn_klv_parse(nn_klv *out, const uint8_t *bytes, size_t size, nn_error *err)
{
    reader r = {bytes, bytes + size};
    size_t length;
    memset(out, 0, sizeof *out);
    if (size < sizeof UNIVERSAL || memcmp(bytes, UNIVERSAL, sizeof UNIVERSAL) != 0)
        return nn_fail(err, NN_EFORMAT, "telemetry: not a local set of MISB ST 0601");
    r.at += sizeof UNIVERSAL;
    if (!read_length(&r, &length) || length > (size_t)(r.end - r.at))
        return nn_fail(err, NN_EFORMAT, "telemetry: the packet is cut off");
    r.end = r.at + length;
    while (r.at < r.end) {
        uint32_t key;
        if (!read_key(&r, &key) || !read_length(&r, &length) || length > (size_t)(r.end - r.at))
            return nn_fail(err, NN_EFORMAT, "telemetry: a value is cut off");
        if (key == KEY_CHECKSUM && length == 2 &&
            sum_of(bytes, (size_t)(r.at - bytes)) != big_endian(r.at, 2))
            return nn_fail(err, NN_EFORMAT, "telemetry: the checksum is wrong");
        take(out, key, r.at, length);
        r.at += length;
    }
    return NN_OK;
}
