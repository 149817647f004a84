// SPDX-License-Identifier: MIT
// Allocation: alignment, sizes that overflow, growing, copies. Error texts: formats and prefixes.
#include "nn/base/memory.h"
#include "nn/base/status.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <unistd.h>

#ifndef __has_feature
#define __has_feature(x) 0
#endif

static bool is_aligned(const void *p)
{
    return p && (uintptr_t)p % NN_ALIGN == 0;
}

// Megabytes of this process that lie in memory.
static long resident(void)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%*s %ld", &pages), 1);
    fclose(f);
    return pages * (sysconf(_SC_PAGESIZE) / 1024) / 1024;
}

static void blocks_are_aligned(void **state)
{
    (void)state;
    for (size_t bytes = 0; bytes < 300; bytes++) {
        unsigned char *p = nn_alloc(bytes);
        assert_true(is_aligned(p));
        memset(p, 0xff, bytes);
        nn_free(p);
    }
    nn_free(NULL);
}

// Blocks of this size lie whole pages apart in the allocator of glibc. A block that begins with a
// page must be told from a mapping when it is freed.
static void pages_apart(void **state)
{
    enum { MANY = 200 };
    static unsigned char *p[MANY];
    (void)state;
    for (size_t bytes = 4096 - 2 * NN_ALIGN; bytes <= 4096 + NN_ALIGN; bytes += NN_ALIGN) {
        for (int i = 0; i < MANY; i++) {
            p[i] = nn_alloc(bytes);
            assert_true(is_aligned(p[i]));
            memset(p[i], i, bytes);
        }
        for (int i = 0; i < MANY; i++) {
            assert_int_equal(p[i][bytes - 1], (unsigned char)i);
            nn_free(p[i]);
        }
    }
}

// However many small blocks come and go, none becomes a mapping of its own, of which a process may
// have only so many.
static void small_blocks_are_no_mappings(void **state)
{
    enum { MANY = 200000, ROUNDS = 3 };
    static void *p[MANY];
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    int mapped = 0;
    (void)state;
    for (int turn = 0; turn < 2 * ROUNDS; turn++) { // first of many sizes, then of few
        for (int i = 0; i < MANY; i++) {
            const int few = i % 100 == 0 ? 1024 : i % 3 ? 24 : 160;
            if (p[i])
                continue;
            p[i] = nn_alloc((size_t)(turn < ROUNDS ? i * 79 % 500 + 1 : few));
            assert_true(is_aligned(p[i]));
            mapped += (uintptr_t)p[i] % page == 0;
        }
        for (int i = 0; i < MANY; i++)
            if (turn % ROUNDS == ROUNDS - 1 || i % (2 + turn % ROUNDS) != 0) {
                nn_free(p[i]);
                p[i] = NULL;
            }
    }
    (void)mapped;
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) &&                             \
    !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer) &&                       \
    !__has_feature(memory_sanitizer)
    assert_int_equal(mapped, 0);
#endif
}

// From small blocks to mappings, and back.
static void grows_into_mappings(void **state)
{
    (void)state;
    unsigned char *p = NULL;
    size_t old = 0;
    for (size_t bytes = 1000; bytes < 20 << 20; bytes = 3 * bytes + 1) {
        p = nn_realloc(p, old, bytes);
        assert_true(is_aligned(p));
        if (old > 0)
            assert_int_equal(p[old - 1], 7);
        memset(p, 7, bytes);
        old = bytes;
    }
    p = nn_realloc(p, old, 10);
    assert_int_equal(p[9], 7);
    nn_free(p);
}

// What is discarded is gone, and what lies beside it in its pages is not.
static void discards_whole_pages(void **state)
{
    enum { SIZE = 8 << 20, FROM = 100, TO = SIZE - 4000 };
    (void)state;
    unsigned char *p = nn_alloc(SIZE);
    assert_non_null(p);
    memset(p, 9, SIZE);
    const long before = resident();
    nn_memory_discard(p + FROM, TO - FROM);
    print_message("%ld MB given back of %d\n", before - resident(), SIZE >> 20);
    for (int i = 0; i < FROM; i++)
        assert_int_equal(p[i], 9);
    for (int i = TO; i < SIZE; i++)
        assert_int_equal(p[i], 9);
    if ((uintptr_t)p % (uintptr_t)sysconf(_SC_PAGESIZE) == 0) // not of a sanitizer's allocator
        assert_true(before - resident() >= 7);
    nn_free(p);
}

static void calloc_zeroes(void **state)
{
    (void)state;
    for (int round = 0; round < 20; round++) {
        unsigned char *p = nn_calloc(37, 29);
        assert_true(is_aligned(p));
        for (int i = 0; i < 37 * 29; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xff, 37 * 29);
        nn_free(p);
    }
}

// Large zeroed blocks are not written: only touched pages take memory.
static void large_calloc_is_lazy(void **state)
{
    enum { SIZE = (20 << 20) + 12345, MANY = 1 << 30 };
    (void)state;
    for (int round = 0; round < 2; round++) { // what was used before is zero, too
        unsigned char *p = nn_calloc(SIZE, 1);
        assert_true(is_aligned(p));
        size_t others = 0;
        for (size_t i = 0; i < SIZE; i++)
            others += p[i] != 0;
        assert_int_equal(others, 0);
        memset(p, 0xff, SIZE);
        nn_free(p);
    }
    const long before = resident();
    unsigned char *p = nn_calloc(MANY, 1);
    assert_non_null(p);
    print_message("%ld MB more for a gigabyte\n", resident() - before);
    assert_true(resident() - before < 512); // sanitizers keep a shadow
    p[MANY / 2] = 1;
    nn_free(p);
}

// Volatile, so that the compiler does not see the size and warn.
static void impossible_sizes_give_null(void **state)
{
    volatile size_t huge = SIZE_MAX, half = SIZE_MAX / 2 + 2;
    (void)state;
    assert_null(nn_alloc(huge));
    assert_null(nn_alloc(half));
    assert_null(nn_calloc(huge, 2));
    assert_null(nn_calloc(half, 2));
    assert_null(nn_calloc(1, huge));
    void *p = nn_alloc(10);
    assert_non_null(p);
    memset(p, 3, 10);
    assert_null(nn_realloc(p, 10, huge));
    assert_int_equal(((char *)p)[9], 3); // as it was
    nn_free(p);
}

static void realloc_keeps_what_fits(void **state)
{
    (void)state;
    unsigned char *p = nn_realloc(NULL, 0, 100);
    assert_true(is_aligned(p));
    for (int i = 0; i < 100; i++)
        p[i] = (unsigned char)i;
    p = nn_realloc(p, 100, 5000);
    assert_true(is_aligned(p));
    for (int i = 0; i < 100; i++)
        assert_int_equal(p[i], i);
    p = nn_realloc(p, 5000, 7);
    assert_true(is_aligned(p));
    for (int i = 0; i < 7; i++)
        assert_int_equal(p[i], i);
    nn_free(p);
}

static void strings_are_copied(void **state)
{
    char text[] = "1x3x224x224";
    (void)state;
    char *copy = nn_strdup(text);
    assert_non_null(copy);
    text[0] = '9';
    assert_string_equal(copy, "1x3x224x224");
    nn_free(copy);
    copy = nn_strdup("");
    assert_string_equal(copy, "");
    nn_free(copy);
    assert_null(nn_strdup(NULL));
}

static void products_are_checked(void **state)
{
    size_t out = 0;
    (void)state;
    assert_true(nn_mul_size(0, SIZE_MAX, &out) && out == 0);
    assert_true(nn_mul_size(SIZE_MAX, 1, &out) && out == SIZE_MAX);
    assert_true(nn_mul_size(1000, 1000, &out) && out == 1000000);
    assert_false(nn_mul_size(SIZE_MAX, 2, &out));
    assert_false(nn_mul_size((size_t)1 << 33, (size_t)1 << 31, &out));
}

static void errors_carry_text(void **state)
{
    nn_error err = {0};
    char long_text[2000];
    (void)state;
    assert_int_equal(nn_fail(&err, NN_EFORMAT, "%s: %d bytes", "x.bin", 7), NN_EFORMAT);
    assert_int_equal(err.status, NN_EFORMAT);
    assert_string_equal(err.text, "x.bin: 7 bytes");
    assert_int_equal(nn_fail_prefix(&err, NN_EFORMAT, "model %d", 3), NN_EFORMAT);
    assert_string_equal(err.text, "model 3: x.bin: 7 bytes");
    assert_int_equal(nn_fail(NULL, NN_EIO, "nobody listens"), NN_EIO);
    assert_int_equal(nn_fail_prefix(NULL, NN_EIO, "nobody"), NN_EIO);
    memset(long_text, 'y', sizeof long_text);
    long_text[sizeof long_text - 1] = '\0';
    nn_fail(&err, NN_EINVAL, "%s", long_text);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    nn_fail_prefix(&err, NN_EINVAL, "%s", long_text);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    for (int i = NN_OK; i <= NN_ENOTFOUND; i++)
        assert_true(strlen(nn_status_name((nn_status)i)) > 0);
    assert_string_equal(nn_status_name(NN_OK), "ok");
    assert_non_null(nn_status_name((nn_status)99));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_aligned),
        cmocka_unit_test(pages_apart),
        cmocka_unit_test(small_blocks_are_no_mappings),
        cmocka_unit_test(grows_into_mappings),
        cmocka_unit_test(discards_whole_pages),
        cmocka_unit_test(calloc_zeroes),
        cmocka_unit_test(large_calloc_is_lazy),
        cmocka_unit_test(impossible_sizes_give_null),
        cmocka_unit_test(realloc_keeps_what_fits),
        cmocka_unit_test(strings_are_copied),
        cmocka_unit_test(products_are_checked),
        cmocka_unit_test(errors_carry_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
