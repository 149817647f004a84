// SPDX-License-Identifier: MIT
// Files for tests: the read-only data folder and a temporary folder that goes away at exit.
#include "tests/support/files.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static void fail(const char *what, const char *path)
{
    perror(path);
    fprintf(stderr, "test files: cannot %s %s\n", what, path);
    abort();
}

static void remove_folder(void)
{
    DIR *dir = opendir(folder);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        test_path path = test_temp(e->d_name);
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 && unlink(path.text) != 0)
            rmdir(path.text);
    }
    if (dir)
        closedir(dir);
    rmdir(folder);
}

test_path test_data(const char *name)
{
    const char *root = getenv("NEROSCALE_TEST_DATA");
    test_path path;
    snprintf(path.text, sizeof path.text, "%s/%s", root ? root : "tests/data", name);
    return path;
}

test_path test_temp(const char *name)
{
    if (!folder[0]) {
        snprintf(folder, sizeof folder, "/tmp/neroscale-test-XXXXXX");
        if (!mkdtemp(folder))
            fail("make", folder);
        atexit(remove_folder);
    }
    test_path path;
    snprintf(path.text, sizeof path.text, "%s/%s", folder, name);
    return path;
}

bool test_is_there(const char *name)
{
    return access(test_temp(name).text, F_OK) == 0;
}

int test_temp_count(void)
{
    DIR *dir = opendir(test_temp(".").text);
    int count = 0;
    for (struct dirent *e; dir && (e = readdir(dir));)
        count += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    if (dir)
        closedir(dir);
    return count;
}

uint8_t *test_read(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    if (!f || fseek(f, 0, SEEK_END) != 0)
        fail("open", path);
    long end = ftell(f);
    rewind(f);
    *size = (size_t)end;
    uint8_t *bytes = malloc(*size ? *size : 1);
    if (!bytes || fread(bytes, 1, *size, f) != *size)
        fail("read", path);
    fclose(f);
    return bytes;
}

void test_write(const char *path, const void *bytes, size_t size)
{
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(bytes, 1, size, f) != size || fclose(f) != 0)
        fail("write", path);
}

char *test_read_text(const char *name)
{
    size_t size;
    char *bytes = (char *)test_read(test_temp(name).text, &size);
    char *text = realloc(bytes, size + 1);
    if (!text)
        fail("hold", name);
    text[size] = '\0';
    return text;
}

void test_write_text(const char *name, const char *text)
{
    test_write(test_temp(name).text, text, strlen(text));
}

test_path test_make_dir(const char *name)
{
    const test_path path = test_temp(name);
    if (mkdir(path.text, 0777) != 0)
        fail("make", path.text);
    return path;
}
