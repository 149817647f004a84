// SPDX-License-Identifier: MIT
// The interface of subcommands, one for every word of app/meson.build's list.
#ifndef APP_COMMANDS_COMMAND_H
#define APP_COMMANDS_COMMAND_H

// argv[0] is the name of the subcommand. Returns the exit status: 0, or 2 after one line on stderr.
typedef int app_command_run(int argc, char **argv);

#define APP_COMMAND(word, name, help) app_command_run app_cmd_##word;
#include "app/commands.inc"
#undef APP_COMMAND

#endif
