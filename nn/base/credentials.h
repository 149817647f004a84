// SPDX-License-Identifier: MIT
// Keeps the passwords of camera URIs out of messages, files and logs.
#ifndef NN_BASE_CREDENTIALS_H
#define NN_BASE_CREDENTIALS_H

#include "nn/base/api.h"

#include <stddef.h>

// Replaces secrets in the URIs of `text`, a buffer of `size` bytes, by "***": the password of
// "scheme://user:password@host" (RFC 3986, section 3.2.1), escaped or not, and the values of keys
// such as password, pwd or token in path and query. A text that becomes too long is cut off at its
// end.
NN_API void nn_mask_credentials(char *text, size_t size);

#endif
