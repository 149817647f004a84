// SPDX-License-Identifier: MIT
// Matrix products by OpenBLAS in one thread; our own pool shares the work.
#include "nn/kernels/blas.h"
#include "nn/kernels/gemm.h"

#include "nn/late_blas.h"
#include <pthread.h>

nn_late late_blas = {.folder = "nn", .word = "blas", .list = LATE_BLAS_LIST};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool there; // after `once`

// OpenBLAS starts threads and maps tens of megabytes, which most networks never need.
static void load(void)
{
    there = nn_late_open(&late_blas, NULL) == NN_OK;
    if (there)
        openblas_set_num_threads(1);
}

static void sgemm_blas(bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, float alpha,
                       const float *a, int64_t lda, const float *b, int64_t ldb, float beta,
                       float *c, int64_t ldc)
{
    if (m <= 0 || n <= 0 || k < 0)
        return;
    pthread_once(&once, load);
    if (!there) {
        nn_gemm_sgemm(trans_a, trans_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
        return;
    }
    cblas_sgemm(CblasRowMajor, trans_a ? CblasTrans : CblasNoTrans,
                trans_b ? CblasTrans : CblasNoTrans, (blasint)m, (blasint)n, (blasint)k, alpha, a,
                (blasint)lda, b, (blasint)ldb, beta, c, (blasint)ldc);
}

#ifndef OPENBLAS_VERSION
#define OPENBLAS_VERSION " OpenBLAS "
#endif

const char *nn_blas_version(void)
{
    return nn_late_is_there(&late_blas) ? OPENBLAS_VERSION
                                        : " none: libneroscale-blas.so is not where modules are, "
                                          "large products are slower ";
}

void nn_gemm_init_blas(nn_gemm_kernels *k)
{
    k->sgemm = sgemm_blas;
}
