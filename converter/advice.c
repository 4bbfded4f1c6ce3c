#include "converter/advice.h"

const struct advice advice_of[ISSUE_COUNT] = {
#define ADVICE(id, title, means, sds, fix) [ISSUE_##id] = {title, means, sds, fix},
#include "converter/issue_advice.def"
#undef ADVICE
};

/* One for each code: an unknown or repeated id does not compile, and a missing one makes the
 * counts differ. */
enum {
#define ADVICE(id, title, means, sds, fix) ADVICE_##id,
#include "converter/issue_advice.def"
#undef ADVICE
    ADVICE_COUNT
};

_Static_assert((int)ADVICE_COUNT == (int)ISSUE_COUNT, "issue_advice.def lacks a code");
