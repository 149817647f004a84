// SPDX-License-Identifier: MIT
// The tests of kernels also measure them: with --bench [NAME PART].
#ifndef TESTS_KERNELS_BENCH_H
#define TESTS_KERNELS_BENCH_H

#include "nn/kernels/kernels.h"

#include <stdbool.h>
#include <string.h>

// Each is a program without the benchmark harness, for one core and level by level.
int bench_nchw8c(int argc, char **argv); // block, depthwise
int bench_gemm(int argc, char **argv);
int bench_gemv(int argc, char **argv);
int bench_pixel(int argc, char **argv);
int bench_rows(int argc, char **argv); // eltwise, half, update
int bench_microkernel(int argc, char **argv);
int bench_bf16conv(int argc, char **argv);
int bench_int8conv(int argc, char **argv);
int bench_rowconv(int argc, char **argv);
int bench_winograd(int argc, char **argv);

static inline bool bench_asked(int argc, char **argv)
{
    return argc > 1 && strcmp(argv[1], "--bench") == 0;
}

typedef void bench_run(const nn_kernels *k, void *ctx);

// Prints a line with `work` / best time of a call for every level ("GFLOP/s": work in operations).
// `part`: substring of the names to run; NULL: all.
void bench_line(const char *part, const char *name, const char *unit, double work, bench_run *run,
                void *ctx);
// Random numbers in [-1, 1) without denormals; ends the program without memory. Free with nn_free.
float *bench_floats(int64_t n);

#endif
