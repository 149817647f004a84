// SPDX-License-Identifier: MIT
// How much memory is free and how many processors there are: the machine's, and the limits of
// control groups of both versions.
#include "nn/base/cpu_limit.h"
#include "nn/base/free_memory.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

static void put(const char *name, const char *text)
{
    test_write_text(name, text);
}

static void make_dirs(const char *const *names)
{
    for (; *names; names++)
        test_make_dir(*names);
}

static void test_here(void **state)
{
    (void)state;
    const int64_t bytes = nn_free_memory("");
    assert_true(bytes == -1 || bytes > 1 << 20);
}

static void test_groups(void **state)
{
    (void)state;
    static const char *const dirs[] = {"proc",
                                       "proc/self",
                                       "sys",
                                       "sys/fs",
                                       "sys/fs/cgroup",
                                       "sys/fs/cgroup/jobs",
                                       "sys/fs/cgroup/jobs/one",
                                       "sys/fs/cgroup/memory",
                                       "sys/fs/cgroup/memory/old",
                                       NULL};
    const test_path root = test_temp(".");
    assert_int_equal(nn_free_memory(root.text), -1);
    make_dirs(dirs);
    put("proc/meminfo",
        "MemTotal:       2000000 kB\nMemFree:  5 kB\nMemAvailable:    1000000 kB\n");
    assert_int_equal(nn_free_memory(root.text), 1024000000);
    // No limit, and one of the group around it; pages of files do not count.
    put("proc/self/cgroup", "4:cpu:/x\n0::/jobs/one\n");
    put("sys/fs/cgroup/jobs/one/memory.max", "max\n");
    put("sys/fs/cgroup/jobs/one/memory.current", "5000\n");
    assert_int_equal(nn_free_memory(root.text), 1024000000);
    put("sys/fs/cgroup/jobs/memory.max", "600000\n");
    put("sys/fs/cgroup/jobs/memory.current", "500000\n");
    assert_int_equal(nn_free_memory(root.text), 100000);
    put("sys/fs/cgroup/jobs/memory.stat", "anon 1\ninactive_file 40000\n");
    assert_int_equal(nn_free_memory(root.text), 140000);
    // Version 1, with a name that is not there inside of a container: the folder of all counts.
    put("proc/self/cgroup", "4:memory:/elsewhere/two\n");
    put("sys/fs/cgroup/memory/memory.limit_in_bytes", "9000\n");
    put("sys/fs/cgroup/memory/memory.usage_in_bytes", "10000\n");
    assert_int_equal(nn_free_memory(root.text), 0);
    put("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    assert_int_equal(nn_free_memory(root.text), 1024000000);
    put("proc/meminfo", "MemAvailable: lots\n");
    assert_int_equal(nn_free_memory(root.text), -1);
}

static void test_processors(void **state)
{
    (void)state;
    static const char *const dirs[] = {"sys/fs/cgroup/cpu", "sys/fs/cgroup/cpu/old", NULL};
    const test_path root = test_temp(".");
    const int all = nn_cpu_count("/nowhere");
    assert_true(all >= 1);
    make_dirs(dirs);
    put("proc/self/cgroup", "0::/jobs/one\n");
    assert_true(nn_cpu_limit(root.text) == 0);
    put("sys/fs/cgroup/jobs/one/cpu.max", "max 100000\n");
    put("sys/fs/cgroup/jobs/cpu.max", "75000 50000\n");
    assert_true(nn_cpu_limit(root.text) == 1.5);
    assert_int_equal(nn_cpu_count(root.text), all < 2 ? all : 2);
    put("sys/fs/cgroup/jobs/one/cpu.max", "20000 100000\n");
    assert_true(nn_cpu_limit(root.text) == 0.2);
    assert_int_equal(nn_cpu_count(root.text), 1);
    // Version 1: "cpu" is a word of a list, and "cpuset" is another one.
    put("proc/self/cgroup", "3:cpuset:/set\n2:cpuacct,cpu:/old\n");
    assert_true(nn_cpu_limit(root.text) == 0);
    put("sys/fs/cgroup/cpu/old/cpu.cfs_quota_us", "300000\n");
    put("sys/fs/cgroup/cpu/old/cpu.cfs_period_us", "100000\n");
    assert_true(nn_cpu_limit(root.text) == 3);
    put("sys/fs/cgroup/cpu/old/cpu.cfs_quota_us", "-1\n");
    assert_true(nn_cpu_limit(root.text) == 0);
    put("sys/fs/cgroup/cpu/old/cpu.cfs_period_us", "0\n");
    put("sys/fs/cgroup/cpu/old/cpu.cfs_quota_us", "7\n");
    assert_true(nn_cpu_limit(root.text) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_here), cmocka_unit_test(test_groups),
                                       cmocka_unit_test(test_processors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
