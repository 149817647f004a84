// SPDX-License-Identifier: MIT
// Reads the quota of control groups and the affinity of the process.
#include "nn/base/cpu_limit.h"

#include "nn/base/control_group.h"

#include <limits.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

enum { THOUSAND = 1000 };

// "150000 100000" of version 2, "max 100000" without a limit.
static int64_t quota_of_2(const char *group, int64_t *period)
{
    char path[PATH_MAX];
    long long quota = -1, of = 0;
    if (snprintf(path, sizeof path, "%s/cpu.max", group) >= (int)sizeof path)
        return -1;
    FILE *file = fopen(path, "r");
    if (file && fscanf(file, "%lld %lld", &quota, &of) != 2)
        quota = -1;
    if (file)
        fclose(file);
    *period = of;
    return quota;
}

// Thousandths of a processor.
static int64_t share_in(const char *group, int version)
{
    int64_t period = -1, quota;
    if (version == 2) {
        quota = quota_of_2(group, &period);
    } else {
        quota = nn_control_group_read_in(group, "cpu.cfs_quota_us", "");
        period = nn_control_group_read_in(group, "cpu.cfs_period_us", "");
    }
    return quota > 0 && period > 0 && quota < INT64_MAX / THOUSAND ? quota * THOUSAND / period
                                                                   : INT64_MAX;
}

double nn_cpu_limit(const char *root)
{
    const int64_t least = nn_control_group_least(root, "cpu", share_in);
    return least == INT64_MAX ? 0 : (double)least / THOUSAND;
}

int nn_cpu_count(const char *root)
{
    int count = 0;
#ifdef __linux__
    cpu_set_t set;
    if (!sched_getaffinity(0, sizeof set, &set))
        count = CPU_COUNT(&set);
#endif
    if (count < 1)
        count = (int)sysconf(_SC_NPROCESSORS_ONLN);
    const double limit = nn_cpu_limit(root);
    if (limit > 0 && ceil(limit) < count)
        count = (int)ceil(limit);
    return count > 1 ? count : 1;
}
