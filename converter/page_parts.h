/* The static parts of the review page: the files of converter/page/, compiled in by the Makefile. */
#ifndef CONVERTER_PAGE_PARTS_H
#define CONVERTER_PAGE_PARTS_H

#include <stddef.h>

struct page_part {
    const char *const *lines; /* each ends with a line end */
    size_t count;
    const char *hash;         /* as a Content-Security-Policy names it */
};

extern const struct page_part page_html;
extern const struct page_part page_css;
extern const struct page_part page_js;

#endif
