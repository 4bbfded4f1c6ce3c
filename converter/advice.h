/* What the review page says about each code, in a data manager's words. */
#ifndef CONVERTER_ADVICE_H
#define CONVERTER_ADVICE_H

#include "converter/issue.h"

struct advice {
    const char *title; /* a headline */
    const char *means; /* what has happened */
    const char *sds;   /* what SDS would have done with the data as it came */
    const char *fix;   /* how to get rid of it in the SIS or in Clever */
};

/* By enum issue_code; every code has all four. */
extern const struct advice advice_of[ISSUE_COUNT];

#endif
