// SPDX-License-Identifier: MIT
// What a subcommand is; every word of app/meson.build's list has one.
#ifndef APP_COMMANDS_COMMAND_H
#define APP_COMMANDS_COMMAND_H

// Gets its own name as argv[0] and returns the exit status: 0, or 2 after one line on stderr.
typedef int app_command_run(int argc, char **argv);

#define APP_COMMAND(name, help) app_command_run app_cmd_##name;
#include "app/commands.inc"
#undef APP_COMMAND

#endif
