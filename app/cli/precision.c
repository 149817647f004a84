// SPDX-License-Identifier: MIT
// The option --precision.
#include "app/cli/precision.h"

#include <stdio.h>

nn_status app_find_precision(nn_precision *out, const char *word, nn_error *err)
{
    const nn_status status = nn_precision_find(out, word, err);
    if (status != NN_OK)
        return nn_fail_prefix(err, status, "--precision");
    if (*out != NN_PRECISION_FLOAT32 && !nn_precision_has_bf16())
        fprintf(stderr,
                "note: --precision %s: this machine has no fast bfloat16 (AMX, or AVX-512 "
                "BF16 of AMD) and runs in float32\n",
                word);
    return NN_OK;
}
