// SPDX-License-Identifier: MIT
// The dispatch table: what the CPU can do, how the environment lowers it, level 0 everywhere in C.
#include "nn/kernels/kernels.h"
#include "tests/support/test.h"

#include <sys/wait.h>
#include <unistd.h>

// The table is chosen once in a process, so each word runs in a child: status 0 when it gives the
// table of `level`.
static void expect_level(const char *word, unsigned level)
{
    int status;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (!child) {
        nn_kernels want;
        if (word)
            setenv("NEROSCALE_CPU", word, 1);
        else
            unsetenv("NEROSCALE_CPU");
        nn_kernels_init(&want, level);
        _exit(memcmp(&want, nn_kernels_best(), sizeof want) != 0 || nn_kernels_level() != level);
    }
    assert_true(waitpid(child, &status, 0) == child);
    if (!WIFEXITED(status) || WEXITSTATUS(status))
        fail_msg("NEROSCALE_CPU=%s does not give the table of level %u", word ? word : "(unset)",
                 level);
}

static void the_environment_lowers_the_level(void **state)
{
    const unsigned all = nn_cpu_flags();
    (void)state;
    expect_level(NULL, all);
    expect_level("c", 0);
    expect_level("avx2", all & NN_CPU_AVX2);
    expect_level("avxvnni", all & (NN_CPU_AVX2 | NN_CPU_AVX_VNNI));
    expect_level("avx512", all & (NN_CPU_AVX2 | NN_CPU_AVX512));
    expect_level("avx512vnni", all & ~(unsigned)NN_CPU_AMX);
    expect_level("amx", all);
    expect_level("neon", all & NN_CPU_NEON);
    expect_level("dotprod", all);
    expect_level("no such level", all);
}

static void levels_have_names(void **state)
{
    (void)state;
    assert_string_equal(nn_cpu_name(0), "c");
    assert_string_equal(nn_cpu_name(NN_CPU_AVX2), "avx2");
    assert_string_equal(nn_cpu_name(NN_CPU_AVX2 | NN_CPU_AVX512), "avx512");
    assert_string_equal(nn_cpu_name(NN_CPU_AVX2 | NN_CPU_AVX512 | NN_CPU_AMX), "amx");
    assert_string_equal(nn_cpu_name(NN_CPU_NEON), "neon");
    assert_string_equal(nn_cpu_name(NN_CPU_NEON | NN_CPU_DOTPROD), "dotprod");
}

// The compiler's own reading of CPUID must agree.
static void flags_are_those_of_the_cpu(void **state)
{
    (void)state;
    assert_true(nn_cpu_flags() == nn_cpu_flags());
#if defined(__x86_64__)
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    assert_true(!(nn_cpu_flags() & NN_CPU_AVX2) == !avx2);
    const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    assert_true(!(nn_cpu_flags() & NN_CPU_AVX512) == !(avx2 && avx512));
    assert_true(!(nn_cpu_flags() & NN_CPU_WIDE) == !(avx2 && avx512 && !__builtin_cpu_is("amd")));
    const bool vnni = avx2 && avx512 && __builtin_cpu_supports("avx512vnni");
    assert_true(!(nn_cpu_flags() & NN_CPU_AVX512_VNNI) == !vnni);
    const bool bf16 = avx2 && avx512 && __builtin_cpu_supports("avx512bf16") &&
                      __builtin_cpu_is("amd"); // others multiply float32 as fast
    assert_true(!(nn_cpu_flags() & NN_CPU_AVX512_BF16) == !bf16);
#endif
}

// A level that the CPU has replaces kernels; one kernel of each family shows it.
static void faster_levels_are_used(void **state)
{
    nn_kernels c, best;
    (void)state;
    nn_kernels_init(&c, 0);
    nn_kernels_init(&best, nn_cpu_flags());
    if (!(nn_cpu_flags() & (NN_CPU_AVX2 | NN_CPU_NEON)))
        skip();
    assert_true(c.eltwise.act[NN_ACT_GELU] != best.eltwise.act[NN_ACT_GELU]);
    assert_true(c.cast.f32_from_f16 != best.cast.f32_from_f16);
    if (nn_cpu_flags() & NN_CPU_AVX2)
        assert_true(c.update.adamw != best.update.adamw);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_environment_lowers_the_level),
        cmocka_unit_test(levels_have_names),
        cmocka_unit_test(flags_are_those_of_the_cpu),
        cmocka_unit_test(faster_levels_are_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
