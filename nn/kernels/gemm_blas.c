// SPDX-License-Identifier: MIT
// Matrix products by OpenBLAS in one thread; our own pool shares the work.
#include "nn/kernels/blas.h"
#include "nn/kernels/gemm.h"

#include <cblas.h>
#include <pthread.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void hold_to_one_thread(void)
{
    openblas_set_num_threads(1);
}

static void sgemm_blas(bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, float alpha,
                       const float *a, int64_t lda, const float *b, int64_t ldb, float beta,
                       float *c, int64_t ldc)
{
    if (m <= 0 || n <= 0 || k < 0)
        return;
    cblas_sgemm(CblasRowMajor, trans_a ? CblasTrans : CblasNoTrans,
                trans_b ? CblasTrans : CblasNoTrans, (blasint)m, (blasint)n, (blasint)k, alpha, a,
                (blasint)lda, b, (blasint)ldb, beta, c, (blasint)ldc);
}

const char *nn_blas_version(void)
{
    return openblas_get_config();
}

void nn_gemm_init_blas(nn_gemm_kernels *k)
{
    pthread_once(&once, hold_to_one_thread);
    k->sgemm = sgemm_blas;
}
