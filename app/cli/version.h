// SPDX-License-Identifier: MIT
// What this program is made of.
#ifndef APP_CLI_VERSION_H
#define APP_CLI_VERSION_H

// Version, CPU path, libraries and what was built in, on stdout.
void app_print_version(void);

#endif
