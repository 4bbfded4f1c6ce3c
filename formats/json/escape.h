/* The \u escapes of JSON strings (RFC 8259, section 7), for the check and for decoding. */
#ifndef FORMATS_JSON_ESCAPE_H
#define FORMATS_JSON_ESCAPE_H

#include "formats/base/slice.h"

#include <stdint.h>

static inline int json_hex_digit(char c)
{
    if (ascii_digit(c))
        return c - '0';
    char low = ascii_lower(c);
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/* The number in the four digits behind `\u`; -1 when they are not there. */
static inline int32_t json_unit_at(const char *at, size_t rest)
{
    if (rest < 4)
        return -1;
    int32_t unit = 0;
    for (int i = 0; i < 4; i++) {
        int digit = json_hex_digit(at[i]);
        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

static inline bool json_high_surrogate(int32_t unit)
{
    return unit >= 0xD800 && unit <= 0xDBFF;
}

static inline bool json_low_surrogate(int32_t unit)
{
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

#endif
