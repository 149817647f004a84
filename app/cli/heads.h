// SPDX-License-Identifier: MIT
// The list of output heads that `neroscale list heads` prints.
#ifndef APP_CLI_HEADS_H
#define APP_CLI_HEADS_H

// "Heads: NAME  layout ...", one line each, without the last newline (g_free).
char *app_heads_text(void);

#endif
