#include "converter/issue.h"

const struct issue_kind issue_kinds[ISSUE_COUNT] = {
#define ISSUE(id, severity, group, sentence) \
    [ISSUE_##id] = {#id, SEVERITY_##severity, GROUP_##group, sentence},
#include "converter/issue_codes.def"
#undef ISSUE
};

const char *const severity_names[SEVERITIES] = {"error", "warning", "info"};

enum issue_code issue_named(struct slice code)
{
    for (int i = 0; i < ISSUE_COUNT; i++)
        if (slice_is(code, issue_kinds[i].code))
            return (enum issue_code)i;
    return ISSUE_NONE;
}
