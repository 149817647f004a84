// SPDX-License-Identifier: MIT
// Zip archives are unpacked whole or not at all, and never outside of their folder.
#include "nn/io/archive.h"
#include "tests/support/alloc.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

typedef struct entry {
    const char *name, *text; // NULL: zeros
    size_t zeros;
    bool link;
} entry;

static test_path make_zip(const char *name, const entry *entries, int count, const char *password)
{
    const test_path path = test_temp(name);
    zip_t *zip = zip_open(path.text, ZIP_CREATE | ZIP_TRUNCATE, NULL);
    assert_non_null(zip);
    for (int i = 0; i < count; i++) {
        const entry *e = &entries[i];
        const size_t size = e->text ? strlen(e->text) : e->zeros;
        void *bytes = size ? calloc(1, size) : NULL;
        if (e->text && size)
            memcpy(bytes, e->text, size);
        const zip_int64_t index =
            zip_file_add(zip, e->name, zip_source_buffer(zip, bytes, size, size > 0), 0);
        assert_true(index >= 0);
        if (e->link)
            zip_file_set_external_attributes(zip, (zip_uint64_t)index, 0, ZIP_OPSYS_UNIX,
                                             (S_IFLNK | 0777u) << 16);
        if (password)
            assert_int_equal(
                zip_file_set_encryption(zip, (zip_uint64_t)index, ZIP_EM_AES_128, password), 0);
    }
    assert_int_equal(zip_close(zip), 0);
    return path;
}

static void expect_text(const char *name, const char *text)
{
    char *found = test_read_text(name);
    assert_string_equal(found, text);
    free(found);
}

static void show(void *ctx, uint64_t done, uint64_t total)
{
    assert_true(done <= total);
    *(uint64_t *)ctx = done;
}

static void test_unpack(void **state)
{
    (void)state;
    static const entry entries[] = {{"set/data.yaml", "names: [a]\n", 0, false},
                                    {"set\\images\\bäum 1.jpg", "jpeg", 0, false},
                                    {"./set//labels/a.txt", "0 1\n", 0, false},
                                    {"set/labels/", "", 0, false},
                                    {"__MACOSX/set/._data.yaml", "x", 0, false},
                                    {"set/._data.yaml", "x", 0, false},
                                    {"set/.DS_Store", "x", 0, false},
                                    {"set/passwd", "/etc/passwd", 0, true}};
    const test_path zip = make_zip("good.zip", entries, 8, NULL);
    const test_path folder = test_temp("good");
    uint64_t done = 0;
    nn_error err = {0};
    assert_int_equal(nn_archive_unpack(zip.text, folder.text, show, &done, &err), NN_OK);
    assert_int_equal(done, 11 + 4 + 4);
    expect_text("good/set/data.yaml", "names: [a]\n");
    expect_text("good/set/images/bäum 1.jpg", "jpeg");
    expect_text("good/set/labels/a.txt", "0 1\n");
    const char *const gone[] = {"good/__MACOSX", "good/set/._data.yaml", "good/set/.DS_Store",
                                "good/set/passwd"};
    for (size_t i = 0; i < sizeof gone / sizeof *gone; i++)
        assert_int_not_equal(access(test_temp(gone[i]).text, F_OK), 0);
    // Another process was faster: its folder stays, and nothing else does.
    const int before = test_temp_count();
    test_write_text("good/mark", "x");
    assert_int_equal(nn_archive_unpack(zip.text, folder.text, NULL, NULL, &err), NN_OK);
    expect_text("good/mark", "x");
    assert_int_equal(test_temp_count(), before);
}

static void expect_refused(const char *zip, nn_status status, const char *text)
{
    nn_error err = {0};
    const test_path folder = test_temp("bad");
    const int before = test_temp_count();
    const nn_status found = nn_archive_unpack(test_temp(zip).text, folder.text, NULL, NULL, &err);
    if (found != status || !strstr(err.text, text))
        fail_msg("%s: %d, '%s', expected %d, '%s'", zip, found, err.text, status, text);
    assert_int_equal(test_temp_count(), before);
}

static void test_names_that_climb(void **state)
{
    (void)state;
    static const char *const names[] = {"../evil",  "a/../../evil", "/etc/evil", "..\\evil",
                                        "C:\\evil", "a/..",         "\\evil",    "a\nb"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const entry entries[] = {{"good", "x", 0, false}, {names[i], "x", 0, false}};
        make_zip("climbs.zip", entries, 2, NULL);
        expect_refused("climbs.zip", NN_EFORMAT, "leads out of the archive");
    }
    static const entry both[] = {{"a", "x", 0, false}, {"a/b", "x", 0, false}};
    make_zip("both.zip", both, 2, NULL);
    expect_refused("both.zip", NN_EFORMAT, "'a/b'");
}

static void test_damaged(void **state)
{
    (void)state;
    static const entry entries[] = {{"a.txt", NULL, 3000, false}, {"b.txt", "text", 0, false}};
    const test_path zip = make_zip("whole.zip", entries, 2, NULL);
    size_t size;
    uint8_t *bytes = test_read(zip.text, &size);
    test_write(test_temp("cut.zip").text, bytes, size);
    test_write(test_temp("flipped.zip").text, bytes, size);
    for (size_t n = 0; n < size; n++) {
        test_write(test_temp("cut.zip").text, bytes, n);
        expect_refused("cut.zip", NN_EFORMAT, n > 0 ? "cut.zip: zip: " : "holds no file");
    }
    uint8_t *at = memmem(bytes, size, "text", 4);
    assert_non_null(at);
    at[0] ^= 1; // the checksum is wrong
    test_write(test_temp("flipped.zip").text, bytes, size);
    expect_refused("flipped.zip", NN_EFORMAT, "'b.txt' is damaged");
    free(bytes);
    assert_int_not_equal(access(test_temp("bad").text, F_OK), 0);
    expect_refused("none.zip", NN_ENOTFOUND, "none.zip");
}

// A directory of `count` files, each of which claims `size` bytes (ZIP64), and no file.
static void write_claims(const char *name, int count, uint64_t size)
{
    enum { HEADER = 46, NAME = 5, EXTRA = 20, ENTRY = HEADER + NAME + EXTRA, END = 22 };
    const size_t bytes = (size_t)count * ENTRY;
    uint8_t *zip = calloc(1, bytes + END);
    assert_non_null(zip);
    for (int i = 0; i < count; i++) {
        uint8_t *e = zip + (size_t)i * ENTRY;
        char text[16];
        memcpy(e, (const uint8_t[]){'P', 'K', 1, 2, 45, 0, 45}, 7);
        e[14] = 33;             // 1980-01-01
        memset(e + 20, 255, 8); // the sizes are in the extra field
        e[28] = NAME;
        e[30] = EXTRA;
        snprintf(text, sizeof text, "%05d", i);
        memcpy(e + HEADER, text, NAME);
        memcpy(e + HEADER + NAME, (const uint8_t[]){1, 0, 16, 0}, 4);
        for (int b = 0; b < 8; b++)
            e[HEADER + NAME + 4 + b] = e[HEADER + NAME + 12 + b] = (uint8_t)(size >> 8 * b);
    }
    uint8_t *end = zip + bytes;
    memcpy(end, (const uint8_t[]){'P', 'K', 5, 6}, 4);
    for (int b = 0; b < 2; b++)
        end[8 + b] = end[10 + b] = (uint8_t)(count >> 8 * b);
    for (int b = 0; b < 4; b++)
        end[12 + b] = (uint8_t)(bytes >> 8 * b);
    test_write(test_temp(name).text, zip, bytes + END);
    free(zip);
}

// Archives that unpack to far more than their size, or than the disk has.
static void test_bombs(void **state)
{
    (void)state;
    static const entry zeros[] = {{"zeros", NULL, (size_t)300 << 20, false}};
    make_zip("bomb.zip", zeros, 1, NULL);
    expect_refused("bomb.zip", NN_EFORMAT, "unpacks to 300 MB, more than 200 times its size");
    static const entry small[] = {{"secret", "x", 0, false}};
    make_zip("locked.zip", small, 1, "password");
    expect_refused("locked.zip", NN_EUNSUPPORTED, "'secret' is encrypted");
    write_claims("claims.zip", 16384, (uint64_t)1 << 50); // the sum is 2^64
    expect_refused("claims.zip", NN_EFORMAT, "more bytes than any disk has");
}

// Files of a killed process are removed, those of a running one stay.
static void test_leftovers(void **state)
{
    (void)state;
    static const entry one[] = {{"a", "x", 0, false}};
    const test_path zip = make_zip("left.zip", one, 1, NULL);
    nn_error err = {0};
    char living[64];
    snprintf(living, sizeof living, "left.partial-%ld", (long)getppid());
    test_make_dir("left.partial-999999999");
    test_write_text("left.partial-999999999/b", "y");
    test_make_dir(living);
    assert_int_equal(nn_archive_unpack(zip.text, test_temp("left").text, NULL, NULL, &err), NN_OK);
    assert_int_not_equal(access(test_temp("left.partial-999999999").text, F_OK), 0);
    assert_int_equal(access(test_temp(living).text, F_OK), 0);
    expect_text("left/a", "x");
}

static nn_status unpack_again(void *ctx, nn_error *err)
{
    return nn_archive_unpack(ctx, test_temp("again").text, NULL, NULL, err);
}

static void test_no_memory(void **state)
{
    (void)state;
    static const entry one[] = {{"a", "x", 0, false}};
    test_path zip = make_zip("again.zip", one, 1, NULL);
    assert_true(alloc_fail_each(unpack_again, zip.text) > 0);
}

static void test_key(void **state)
{
    (void)state;
    char first[256], second[256];
    nn_error err = {0};
    test_write_text("my set.zip", "1");
    const test_path path = test_temp("my set.zip");
    assert_int_equal(nn_archive_key(first, sizeof first, path.text, &err), NN_OK);
    assert_int_equal(strncmp(first, "my set-", 7), 0);
    assert_int_equal(nn_archive_key(second, sizeof second, path.text, &err), NN_OK);
    assert_string_equal(first, second);
    test_write_text("my set.zip", "12");
    assert_int_equal(nn_archive_key(second, sizeof second, path.text, &err), NN_OK);
    assert_string_not_equal(first, second);
    assert_int_equal(nn_archive_key(first, sizeof first, test_temp("no.zip").text, &err),
                     NN_ENOTFOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unpack),    cmocka_unit_test(test_names_that_climb),
        cmocka_unit_test(test_damaged),   cmocka_unit_test(test_bombs),
        cmocka_unit_test(test_leftovers), cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
