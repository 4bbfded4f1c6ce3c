/* The codes of the error file, their severities and their sentences. */
#ifndef CONVERTER_ISSUE_H
#define CONVERTER_ISSUE_H

#include "formats/base/slice.h"

enum severity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_INFO, SEVERITIES };

/* What --treat may do to a code (converter/README.md). */
enum issue_group { GROUP_DROP, GROUP_RUN, GROUP_MEMBER, GROUP_VALUE, GROUP_COUNT };

/* Alphabetical, so they compare as the lines of one record are ordered. */
enum issue_code {
#define ISSUE(id, severity, group, sentence) ISSUE_##id,
#include "converter/issue_codes.def"
#undef ISSUE
    ISSUE_COUNT,
    ISSUE_NONE = ISSUE_COUNT
};

struct issue_kind {
    const char *code;
    enum severity severity; /* unless --treat says otherwise */
    enum issue_group group;
    const char *sentence;
};

extern const struct issue_kind issue_kinds[ISSUE_COUNT];
extern const char *const severity_names[SEVERITIES];

/* ISSUE_NONE for no code. */
enum issue_code issue_named(struct slice code);

#endif
