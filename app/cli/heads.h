// SPDX-License-Identifier: MIT
// The heads whose outputs we understand, for people.
#ifndef APP_CLI_HEADS_H
#define APP_CLI_HEADS_H

// "Heads: NAME  layout ...", a line each, without the last line's end. Freed with g_free.
char *app_heads_text(void);

#endif
