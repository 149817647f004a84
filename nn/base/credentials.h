// SPDX-License-Identifier: MIT
// Passwords in addresses of cameras, which belong in no message, file or log.
#ifndef NN_BASE_CREDENTIALS_H
#define NN_BASE_CREDENTIALS_H

#include "nn/base/api.h"

#include <stddef.h>

// Replaces what is secret in the addresses within `text` (in a buffer of `size` bytes) by "***":
// the password of "scheme://user:password@host" (RFC 3986, section 3.2.1) and the values of query
// keys such as password, pwd or token. What then has no room is cut off at the end.
NN_API void nn_mask_credentials(char *text, size_t size);

#endif
