// SPDX-License-Identifier: MIT
// The weights of a model are not in memory twice: where a plan may release them, it gives them back
// while it packs, and afterwards none that it has packed are left.
#include "nn/base/memory.h"
#include "nn/graph/plan.h"
#include "nn/graph/plan_parts.h"
#include "nn/zoo/zoo.h"
#include "tests/support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { MIB = 1 << 20 };

// A line of /proc/self/status in MiB: VmRSS, VmHWM.
static double status_mib(const char *key)
{
    char line[256];
    double kib = -1;
    FILE *f = fopen("/proc/self/status", "r");
    assert_non_null(f);
    while (kib < 0 && fgets(line, sizeof line, f))
        if (strncmp(line, key, strlen(key)) == 0)
            kib = strtod(line + strlen(key) + 1, NULL);
    fclose(f);
    return kib / 1024;
}

// The peak from here on (proc(5), clear_refs). False where the kernel does not do it.
static bool reset_peak(void)
{
    const int fd = open("/proc/self/clear_refs", O_WRONLY);
    const bool done = fd >= 0 && write(fd, "5", 1) == 1;
    if (fd >= 0)
        close(fd);
    return done && status_mib("VmHWM") - status_mib("VmRSS") < 8;
}

// AlexNet's linear layers have 58 of its 61 million parameters.
static nn_model *large_model(void)
{
    nn_card card = {.task = "classify", .network = "alexnet"};
    nn_model *m;
    nn_error err = {0};
    if (nn_zoo_build(&m, &card, &err) != NN_OK)
        fail_msg("%s", err.text);
    for (int i = 0; i < nn_graph_param_count(m->graph); i++) // every page is there
        memset(m->params[i].data, 0, nn_tensor_bytes(&m->params[i]));
    if (nn_model_fuse(&m, 0, &err) != NN_OK)
        fail_msg("%s", err.text);
    return m;
}

static void packing_gives_back(void **state)
{
    (void)state;
    const double before = status_mib("VmRSS");
    nn_model *m = large_model();
    const double loaded = status_mib("VmRSS");
    double params = 0;
    for (int i = 0; i < nn_graph_param_count(m->graph); i++)
        params += (double)nn_tensor_bytes(&m->params[i]) / MIB;
    assert_true(params > 200 && loaded - before > 0.9 * params);
    const bool peaks = reset_peak();
    nn_plan *plan;
    nn_error err = {0};
    const nn_shape input = nn_shape_4d(1, 3, 224, 224);
    const nn_plan_options o = {.compiled = true, .half = true, .release_weights_of = m};
    if (nn_plan_new(&plan, m, &input, 1, &o, &err) != NN_OK)
        fail_msg("%s", err.text);
    const double peak = status_mib("VmHWM") - before, after = status_mib("VmRSS") - before;
    print_message("parameters %.0f MiB: peak %.0f, after packing %.0f\n", params, peak, after);
    assert_true((double)nn_plan_param_bytes(plan) / MIB < 1); // biases
    assert_true(after < 0.75 * params); // half-size weights of linear, Winograd's of 3x3
    if (peaks)
        assert_true(peak < params + 32);
    nn_plan_free(plan);
    nn_model_free(m);
    assert_true(status_mib("VmRSS") - before < 32);
}

static void shared_weights_stay(void **state)
{
    (void)state;
    nn_model *m = large_model();
    nn_plan *plan;
    nn_error err = {0};
    const nn_shape input = nn_shape_4d(1, 3, 224, 224);
    float *weights = nn_tensor_f32(nn_model_param(m, "classifier.1.weight"));
    for (int i = 0; i < 1000; i++)
        weights[1000 * i] = 1 + (float)i;
    const nn_plan_options o = {.compiled = true, .half = true};
    if (nn_plan_new(&plan, m, &input, 1, &o, &err) != NN_OK)
        fail_msg("%s", err.text);
    for (int i = 0; i < 1000; i++)
        assert_true(weights[1000 * i] == 1 + (float)i);
    nn_plan_free(plan);
    nn_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packing_gives_back),
        cmocka_unit_test(shared_weights_stay),
    };
#if defined(__SANITIZE_ADDRESS__)
    return 77; // its allocator keeps what is freed
#endif
    return cmocka_run_group_tests(tests, NULL, NULL);
}
