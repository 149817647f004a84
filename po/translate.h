// SPDX-License-Identifier: MIT
// Texts that people read, in their language: _("text") where it is shown, N_("text") in a table
// whose user shows it with _(). Formats of nn_fail are texts, too, without a mark.
#ifndef PO_TRANSLATE_H
#define PO_TRANSLATE_H

#include "nn/base/text.h"

#include <libintl.h>
#include <stdlib.h>

#define NERO_TEXT_DOMAIN "neroscale"
#define _(text) nero_translate(text)
#define N_(text) text

// The text in the language of LC_MESSAGES, or as it is; NULL and "" stay.
__attribute__((format_arg(1))) static inline const char *nero_translate(const char *text)
{
    return text && *text ? dgettext(NERO_TEXT_DOMAIN, text) : text;
}

// Whether there is a translation into the user's language.
static inline int nero_is_translated(void)
{
    return *dgettext(NERO_TEXT_DOMAIN, "") != '\0'; // the head of the catalogue
}

// Says where the translations are: $NEROSCALE_LOCALES, else `installed`. Once, before other threads
// run.
static inline void nero_translate_init(const char *installed)
{
    const char *folder = getenv("NEROSCALE_LOCALES");
    bindtextdomain(NERO_TEXT_DOMAIN, folder ? folder : installed);
    bind_textdomain_codeset(NERO_TEXT_DOMAIN, "UTF-8");
    nn_set_translator(nero_translate);
}

#endif
