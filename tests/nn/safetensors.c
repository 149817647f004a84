// SPDX-License-Identifier: MIT
// safetensors files: round trips, every truncation, damaged and hostile headers, atomic writing.
#include "nn/io/io.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// A file image of a header and `data_size` bytes of data in a block of exactly its size.
static uint8_t *make_file(const char *header, size_t data_size, size_t *size)
{
    size_t length = strlen(header);
    *size = 8 + length + data_size;
    uint8_t *bytes = malloc(*size);
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(length >> 8 * i);
    memcpy(bytes + 8, header, length);
    for (size_t i = 0; i < data_size; i++)
        bytes[8 + length + i] = (uint8_t)i;
    return bytes;
}

static test_path save_example(void)
{
    static float f32[6] = {1, -2.5f, 3e30f, 0, 1e-40f, 5};
    static uint16_t f16[4] = {0x3c00, 0xc000, 0x7bff, 1}, bf16[1] = {0x3f80};
    static int64_t i64[2] = {INT64_MIN, 7};
    static int32_t i32[3] = {-1, 0, INT32_MAX};
    static uint8_t u8[3] = {0, 128, 255};
    const nn_tensor tensors[] = {
        nn_tensor_dense(NN_U8, nn_shape_make(1, (int64_t[]){3}), u8),
        nn_tensor_dense(NN_F32, nn_shape_2d(2, 3), f32),
        nn_tensor_dense(NN_F16, nn_shape_4d(1, 2, 2, 1), f16),
        nn_tensor_dense(NN_BF16, nn_shape_make(0, NULL), bf16),
        nn_tensor_dense(NN_I64, nn_shape_1d(2), i64),
        nn_tensor_dense(NN_I32, nn_shape_1d(3), i32),
        nn_tensor_dense(NN_F32, nn_shape_2d(0, 5), f32),
    };
    const char *const names[] = {
        "u8",   "block1.wide.weight", "\"quoted\\ gr\xc3\xbc\xc3\x9f\"", "one", "i64", "i32",
        "empty"};
    const char *const meta[] = {"format", "nn", "text", "line\nbreak \"x\" \\ \xe2\x82\xac",
                                "",       ""};
    test_path path = test_temp("example.safetensors");
    nn_error err = {0};
    nn_status status = nn_bundle_save(path.text, names, tensors, 7, meta, 3, &err);
    if (status != NN_OK)
        fail_msg("%s", err.text);
    return path;
}

static void test_round_trip(void **state)
{
    (void)state;
    test_path path = save_example();
    nn_bundle b;
    assert_int_equal(nn_bundle_load(&b, path.text, NULL), NN_OK);
    assert_int_equal(b.count, 7);
    const nn_tensor *t = nn_bundle_find(&b, "block1.wide.weight");
    assert_non_null(t);
    assert_int_equal(t->dtype, NN_F32);
    assert_true(nn_shape_equal(&t->shape, &(nn_shape){2, {2, 3}}));
    assert_memory_equal(t->data, ((float[]){1, -2.5f, 3e30f, 0, 1e-40f, 5}), 24);
    t = nn_bundle_find(&b, "\"quoted\\ gr\xc3\xbc\xc3\x9f\"");
    assert_non_null(t);
    assert_int_equal(t->dtype, NN_F16);
    assert_memory_equal(t->data, ((uint16_t[]){0x3c00, 0xc000, 0x7bff, 1}), 8);
    t = nn_bundle_find(&b, "one");
    assert_int_equal(t->shape.rank, 0);
    assert_int_equal(*(uint16_t *)t->data, 0x3f80);
    assert_int_equal(((int64_t *)nn_bundle_find(&b, "i64")->data)[0], INT64_MIN);
    assert_int_equal(((int32_t *)nn_bundle_find(&b, "i32")->data)[2], INT32_MAX);
    assert_int_equal(((uint8_t *)nn_bundle_find(&b, "u8")->data)[1], 128);
    assert_int_equal(nn_shape_count(&nn_bundle_find(&b, "empty")->shape), 0);
    assert_null(nn_bundle_find(&b, "absent"));
    assert_string_equal(nn_bundle_meta(&b, "format"), "nn");
    assert_string_equal(nn_bundle_meta(&b, "text"), "line\nbreak \"x\" \\ \xe2\x82\xac");
    assert_null(nn_bundle_meta(&b, "none"));
    // The reader copied nothing: the writer aligns its tensors.
    assert_null(b.aligned);
    nn_bundle_release(&b);
    assert_int_equal(b.count, 0);
}

static void test_every_truncation_fails(void **state)
{
    (void)state;
    size_t size;
    uint8_t *whole = test_read(save_example().text, &size);
    test_path path = test_temp("cut.safetensors");
    for (size_t n = 0; n < size; n++) {
        uint8_t *cut = malloc(n ? n : 1);
        memcpy(cut, whole, n);
        nn_bundle b;
        nn_error err = {0};
        assert_int_equal(nn_bundle_parse(&b, cut, n, &err), NN_EFORMAT);
        assert_int_not_equal(err.text[0], 0);
        assert_null(b.tensors);
        test_write(path.text, cut, n);
        assert_int_equal(nn_bundle_load(&b, path.text, &err), NN_EFORMAT);
        assert_non_null(strstr(err.text, "cut.safetensors: "));
        free(cut);
    }
    unlink(path.text);
    free(whole);
}

static void test_damaged_bytes_never_crash(void **state)
{
    (void)state;
    size_t size;
    uint8_t *whole = test_read(save_example().text, &size);
    const uint8_t masks[] = {0x01, 0x80, 0xff, 0x20};
    for (size_t i = 0; i < size; i++) {
        for (size_t m = 0; m < sizeof masks; m++) {
            whole[i] ^= masks[m];
            nn_bundle b;
            if (nn_bundle_parse(&b, whole, size, NULL) == NN_OK)
                nn_bundle_release(&b);
            whole[i] ^= masks[m];
        }
    }
    free(whole);
}

#define T(fields) "{\"t\":{" fields "}}"
#define F32_4 "\"dtype\":\"F32\",\"shape\":[4],"

static const struct {
    const char *header;
    size_t data;
    nn_status status;
    const char *says;
} HOSTILE[] = {
    {"", 0, NN_EFORMAT, "a known format: safetensors"},
    {"[]", 0, NN_EFORMAT, "a known format: safetensors"},
    {"{", 0, NN_EFORMAT, "damaged"},
    {"{}x", 0, NN_EFORMAT, "damaged"},
    {"{} {}", 0, NN_EFORMAT, "damaged"},
    {"{\"1\":1, ", 0, NN_EFORMAT, "damaged"},
    {"{}", 4, NN_EFORMAT, "belong to no tensor"},
    {"{\"t\":1}", 0, NN_EFORMAT, "not an object"},
    {"{\"t\":[]}", 0, NN_EFORMAT, "not an object"},
    {"{\"t\":{}}", 0, NN_EFORMAT, "no dtype"},
    {T("\"dtype\":3"), 0, NN_EFORMAT, "no dtype"},
    {T("\"dtype\":\"C64\",\"shape\":[1],\"data_offsets\":[0,8]"), 8, NN_EUNSUPPORTED, "C64"},
    {T("\"dtype\":\"F\\u001b32\""), 8, NN_EFORMAT, "dtype"},
    {T("\"dtype\":\"F32\""), 0, NN_EFORMAT, "no shape"},
    {T("\"dtype\":\"F32\",\"shape\":4,\"data_offsets\":[0,16]"), 16, NN_EFORMAT, "no shape"},
    {T("\"dtype\":\"F32\",\"shape\":[-4],\"data_offsets\":[0,16]"), 16, NN_EFORMAT, "a dim"},
    {T("\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,6]"), 6, NN_EFORMAT, "a dim"},
    {T("\"dtype\":\"F32\",\"shape\":[\"4\"],\"data_offsets\":[0,16]"), 16, NN_EFORMAT, "a dim"},
    {T("\"dtype\":\"F32\",\"shape\":[1e300],\"data_offsets\":[0,16]"), 16, NN_EFORMAT, "a dim"},
    {T("\"dtype\":\"F32\",\"shape\":[1e999],\"data_offsets\":[0,16]"), 16, NN_EFORMAT, "a dim"},
    {T("\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]"), 0, NN_ESHAPE,
     "too many"},
    {T("\"dtype\":\"F32\",\"shape\":[0,9007199254740992,9007199254740992],\"data_offsets\":[0,0]"),
     0, NN_ESHAPE, "too many"},
    {T("\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,4]"), 4,
     NN_EUNSUPPORTED, "dims"},
    {T(F32_4 "\"data_offsets\":[0]"), 16, NN_EFORMAT, "data_offsets"},
    {T(F32_4 "\"data_offsets\":[0,8,16]"), 16, NN_EFORMAT, "data_offsets"},
    {T(F32_4 "\"data_offsets\":[16,0]"), 16, NN_EFORMAT, "data_offsets"},
    {T(F32_4 "\"data_offsets\":[-16,0]"), 16, NN_EFORMAT, "data_offsets"},
    {T(F32_4 "\"data_offsets\":[0,\"16\"]"), 16, NN_EFORMAT, "data_offsets"},
    {T(F32_4 "\"data_offsets\":{\"a\":0,\"b\":16}"), 16, NN_EFORMAT, "data_offsets"},
    {T(F32_4 "\"data_offsets\":[4,20]"), 16, NN_EFORMAT, "outside"},
    {T(F32_4 "\"data_offsets\":[9007199254740976,9007199254740992]"), 16, NN_EFORMAT, "outside"},
    {T(F32_4 "\"data_offsets\":[0,12]"), 12, NN_EFORMAT, "12 bytes for 4 of F32"},
    {T(F32_4 "\"data_offsets\":[4,20]"), 20, NN_EFORMAT, "hole"},
    {"{\"a\":{" F32_4 "\"data_offsets\":[0,16]},\"b\":{" F32_4 "\"data_offsets\":[8,24]}}", 24,
     NN_EFORMAT, "overlaps"},
    {"{\"a\":{" F32_4 "\"data_offsets\":[0,16]},\"b\":{" F32_4 "\"data_offsets\":[0,16]}}", 16,
     NN_EFORMAT, "overlaps"},
    {"{\"a\":{" F32_4 "\"data_offsets\":[0,16]},\"a\":{" F32_4 "\"data_offsets\":[16,32]}}", 32,
     NN_EFORMAT, "twice"},
    {"{\"\":{" F32_4 "\"data_offsets\":[0,16]}}", 16, NN_EFORMAT, "name"},
    {"{\"a\\u001b[2J\":{" F32_4 "\"data_offsets\":[0,16]}}", 16, NN_EFORMAT, "name"},
    {"{\"\xff\xfe\":{" F32_4 "\"data_offsets\":[0,16]}}", 16, NN_EFORMAT, "name"},
    {"{\"__metadata__\":[]}", 0, NN_EFORMAT, "__metadata__"},
    {"{\"__metadata__\":{\"a\":1}}", 0, NN_EFORMAT, "__metadata__"},
    {"{\"__metadata__\":{},\"__metadata__\":{}}", 0, NN_EFORMAT, "__metadata__"},
};

static void test_hostile_headers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof HOSTILE / sizeof *HOSTILE; i++) {
        size_t size;
        uint8_t *bytes = make_file(HOSTILE[i].header, HOSTILE[i].data, &size);
        nn_bundle b;
        nn_error err = {0};
        nn_status status = nn_bundle_parse(&b, bytes, size, &err);
        if (status != HOSTILE[i].status || !strstr(err.text, HOSTILE[i].says))
            fail_msg("%s: %s: '%s', expected '%s'", HOSTILE[i].header, nn_status_name(status),
                     err.text, HOSTILE[i].says);
        free(bytes);
    }
}

static void test_header_length(void **state)
{
    (void)state;
    const uint64_t lengths[] = {0, 1, 3, 11, UINT64_MAX, UINT64_MAX - 7, 1ull << 63, 1ull << 32};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        uint8_t bytes[18] = "........{}        ";
        for (int k = 0; k < 8; k++)
            bytes[k] = (uint8_t)(lengths[i] >> 8 * k);
        nn_bundle b;
        assert_int_equal(nn_bundle_parse(&b, bytes, sizeof bytes, NULL), NN_EFORMAT);
    }
}

static void test_deep_json(void **state)
{
    (void)state;
    enum { DEEP = 200000 };
    char *header = malloc(DEEP + 8);
    memset(header, '[', DEEP);
    memcpy(header, "{\"t\":", 5);
    header[DEEP] = '\0';
    size_t size;
    uint8_t *bytes = make_file(header, 0, &size);
    nn_bundle b;
    nn_error err = {0};
    assert_int_equal(nn_bundle_parse(&b, bytes, size, &err), NN_EFORMAT);
    assert_non_null(strstr(err.text, "levels"));
    free(bytes);
    free(header);
}

static void test_odd_addresses_are_copied(void **state)
{
    (void)state;
    size_t size;
    uint8_t *bytes = make_file("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
                               "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[1,9]},"
                               "\"c\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[9,17]}}",
                               17, &size);
    nn_bundle b;
    assert_int_equal(nn_bundle_parse(&b, bytes, size, NULL), NN_OK);
    const nn_tensor *f = nn_bundle_find(&b, "b"), *i = nn_bundle_find(&b, "c");
    assert_int_equal((uintptr_t)f->data % 4, 0);
    assert_int_equal((uintptr_t)i->data % 8, 0);
    assert_memory_equal(f->data, "\1\2\3\4\5\6\7\10", 8);
    assert_memory_equal(i->data, "\11\12\13\14\15\16\17\20", 8);
    nn_bundle_release(&b);
    free(bytes);
}

static void test_files_that_cannot_be_read(void **state)
{
    (void)state;
    nn_bundle b;
    nn_error err = {0};
    assert_int_equal(nn_bundle_load(&b, test_temp("none.safetensors").text, &err), NN_ENOTFOUND);
    assert_non_null(strstr(err.text, "none.safetensors"));
    assert_int_equal(nn_bundle_load(&b, test_temp(".").text, &err), NN_EIO);
    test_path fifo = test_temp("fifo");
    assert_int_equal(mkfifo(fifo.text, 0600), 0);
    assert_int_equal(nn_bundle_load(&b, fifo.text, &err), NN_EIO);
    unlink(fifo.text);
}

static void test_save_is_atomic(void **state)
{
    (void)state;
    test_path path = save_example();
    int files = test_temp_count();
    save_example();
    assert_int_equal(test_temp_count(), files);
    float v = 1;
    const nn_tensor t = nn_tensor_dense(NN_F32, nn_shape_1d(1), &v);
    const char *const names[] = {"t"};
    nn_error err = {0};
    assert_int_equal(nn_bundle_save("/nowhere/x", names, &t, 1, NULL, 0, &err), NN_ENOTFOUND);
    assert_non_null(strstr(err.text, "/nowhere/x"));
    const char *const bad[] = {"__metadata__"};
    assert_int_equal(nn_bundle_save(path.text, bad, &t, 1, NULL, 0, &err), NN_EINVAL);
    // The target is a folder: writing succeeds, renaming fails, and nothing is left.
    test_path folder = test_temp("folder");
    assert_int_equal(mkdir(folder.text, 0700), 0);
    assert_int_equal(nn_bundle_save(folder.text, names, &t, 1, NULL, 0, &err), NN_EIO);
    assert_int_equal(test_temp_count(), files + 1);
    rmdir(folder.text);
    nn_bundle b;
    assert_int_equal(nn_bundle_load(&b, path.text, NULL), NN_OK);
    assert_int_equal(b.count, 7);
    nn_bundle_release(&b);
}

// Weights of trainings in double precision.
static void test_float64(void **state)
{
    (void)state;
    const nn_shape shape = nn_shape_1d(3);
    double wide[3] = {1.0 / 3, -2.5, 1e300};
    nn_tensor t = nn_tensor_dense(NN_F64, shape, wide);
    test_path path = test_temp("wide.safetensors");
    const char *const name[] = {"w"};
    nn_bundle b;
    assert_int_equal(nn_bundle_save(path.text, name, &t, 1, NULL, 0, NULL), NN_OK);
    assert_int_equal(nn_bundle_load(&b, path.text, NULL), NN_OK);
    assert_int_equal(b.tensors[0].tensor.dtype, NN_F64);
    float narrow[3];
    nn_convert(NN_F32, narrow, NN_F64, b.tensors[0].tensor.data, 3);
    assert_true(narrow[0] == (float)(1.0 / 3) && narrow[1] == -2.5f && isinf(narrow[2]));
    double back[3];
    nn_convert(NN_F64, back, NN_F32, narrow, 3);
    assert_true(back[0] == (double)(float)(1.0 / 3) && back[1] == -2.5);
    nn_bundle_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_every_truncation_fails),
        cmocka_unit_test(test_damaged_bytes_never_crash),
        cmocka_unit_test(test_hostile_headers),
        cmocka_unit_test(test_header_length),
        cmocka_unit_test(test_deep_json),
        cmocka_unit_test(test_odd_addresses_are_copied),
        cmocka_unit_test(test_files_that_cannot_be_read),
        cmocka_unit_test(test_save_is_atomic),
        cmocka_unit_test(test_float64),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
