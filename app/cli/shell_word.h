// SPDX-License-Identifier: MIT
// Words of command lines that users copy into a shell.
#ifndef APP_CLI_SHELL_WORD_H
#define APP_CLI_SHELL_WORD_H

// `word` as a shell reads it: quoted when it is empty or has other characters than letters, digits
// and _-+=:,./ of ASCII. The caller frees it with g_free.
char *app_shell_word(const char *word);

#endif
